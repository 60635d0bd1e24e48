"""Fast CPU kernels for Chainer, on oneDNN and OpenMP.

Chainer finds this package by itself; there is nothing to call. ``chainer.backends.kernels.explain()`` says what it
serves, and ``chainer.config.use_ideep = "never"`` turns it off.
"""

# First, whoever asks for this package: Chainer imports our modules while it is being imported, in their order.
import chainer as _chainer

from chainer_onednn_ext._counters import declined, reorders
from chainer_onednn_ext._profiling import Call, profile

__version__ = "0.1.0"
