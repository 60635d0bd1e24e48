"""Links that are losses with parameters."""
