"""Links with parameters, by their short names: ``import chainer.links as L``."""
