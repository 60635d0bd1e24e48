"""Activations, and the softmax along any axis with its logarithm."""

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers

eltwise = offers("eltwise", _core.eltwise)
eltwise_backward = offers("eltwise_backward", _core.eltwise_backward)
softmax = offers("softmax", _core.softmax)
softmax_backward = offers("softmax_backward", _core.softmax_backward)
log_softmax = offers("log_softmax", _core.log_softmax)
log_softmax_backward = offers("log_softmax_backward", _core.log_softmax_backward)
