"""Links that are activations with parameters."""
