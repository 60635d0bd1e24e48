"""Functions that add noise during training."""
