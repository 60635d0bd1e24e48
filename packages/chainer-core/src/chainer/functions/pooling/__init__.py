"""Functions that pool over windows and regions."""
