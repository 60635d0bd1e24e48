"""Functions that rearrange arrays."""
