"""Links that normalise, with learnt scales and shifts."""
