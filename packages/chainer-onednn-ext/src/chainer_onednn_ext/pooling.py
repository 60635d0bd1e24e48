"""Max and average pooling."""

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import serves

pool_forward = serves("pool_forward")(_core.pool_forward)
pool_backward = serves("pool_backward")(_core.pool_backward)
