"""Softmax cross entropy with labels."""

from __future__ import annotations

import numpy
from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import serves


@serves("softmax_cross_entropy")
def softmax_cross_entropy(x: NdArray, t: NdArray, ignore_label: int) -> tuple[NdArray, NdArray]:
    """Loss of each label, and the softmax of the scores."""
    if x.ndim == 2:
        return _core.softmax_cross_entropy(x, t, ignore_label)
    scores = numpy.moveaxis(x, 1, -1)
    loss, y = _core.softmax_cross_entropy(scores.reshape(t.size, x.shape[1]), t, ignore_label)
    return loss.reshape(t.shape), numpy.moveaxis(y.reshape(scores.shape), -1, 1)


@serves("softmax_cross_entropy_backward")
def softmax_cross_entropy_backward(y: NdArray, t: NdArray, scale: NdArray, ignore_label: int) -> NdArray:
    """Gradient of the scores; ``scale`` is a number, or one for each label."""
    scale = numpy.asarray(scale)
    if y.ndim == 2:
        return _core.softmax_cross_entropy_backward(y, t, scale, ignore_label)
    rows = numpy.moveaxis(y, 1, -1)
    gx = _core.softmax_cross_entropy_backward(rows.reshape(t.size, y.shape[1]), t, scale, ignore_label)
    return numpy.ascontiguousarray(numpy.moveaxis(gx.reshape(rows.shape), -1, 1))
