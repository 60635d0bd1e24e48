"""Functions of Theano, which is no longer maintained: only the refusal is left."""
