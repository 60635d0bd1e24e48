"""Functions that rate predictions; most have no gradient."""
