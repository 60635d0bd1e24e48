"""Functions that normalise."""
