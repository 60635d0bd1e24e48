"""Functions of Theano, which has been discontinued."""
