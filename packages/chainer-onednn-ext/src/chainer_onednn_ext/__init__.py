"""Fast CPU kernels for Chainer, on oneDNN and OpenMP.

Chainer finds this package by itself; there is nothing to call. ``chainer.backends.kernels.explain()`` says what it
serves, and ``chainer.config.use_ideep = "never"`` turns it off.
"""

from chainer_onednn_ext._counters import declined, reorders

__version__ = "0.1.0"
