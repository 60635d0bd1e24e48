"""The matrix products of affine maps: the smallest by the BLAS of NumPy, which has the least to do before it begins."""

from __future__ import annotations

from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import serves


@serves("linear")
def linear(x: NdArray, W: NdArray, b: NdArray | None) -> NdArray:
    """Output ``x W^T + b``."""
    y = _core.matmul(x, W, False, True)
    if y is None:
        y = x.dot(W.T).astype(x.dtype, copy=False)
    if b is not None:
        y += b
    return y


@serves("linear_backward")
def linear_backward(gy: NdArray, other: NdArray, is_weight: bool) -> NdArray | None:
    """Gradient of the input or of the weight; ``None`` where the plain product is the faster one."""
    return _core.matmul(gy, other, is_weight, False)
