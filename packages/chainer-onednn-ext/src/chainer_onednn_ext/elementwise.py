"""Rectifier, dropout and sums."""

from __future__ import annotations

import numpy
from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers, serves

relu = serves("relu")(_core.relu)
relu_backward = serves("relu_backward")(_core.relu_backward)
sum_many = offers("sum_many", _core.sum_many)


@serves("dropout")
def dropout(x: NdArray, ratio: float) -> tuple[NdArray, NdArray]:
    """Output and mask. One number is drawn from NumPy's global state, from which all of the mask follows."""
    return _core.dropout(x, ratio, int(numpy.random.random_sample() * 2**53))
