"""Maxima over sliding windows."""

from __future__ import annotations

from typing import Any

from chainer.backends import raw
from chainer.function_node import FunctionNode
from chainer.functions.pooling._windowed import max_pool, max_pool_again, max_pool_back
from chainer.functions.pooling.pooling_nd import _PoolingND
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils.conv_nd import Sizes, check_ndim


class MaxPoolingND(_PoolingND):
    """Node of :func:`max_pooling_nd`. Keeps where each maximum was found, a byte or two an element of the output.

    Attributes:
        indexes: The place of each maximum in its window, counted in C order. Shape of the output.
    """

    takes_raw = True

    _indexes: NdArray
    _in_size: Shape

    @property
    def indexes(self) -> NdArray:
        return raw.plain(self._indexes)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self._in_size = x.shape[2:]
        y, self._indexes = max_pool(x, self.ksize, self.stride, self.pad, self._out_size(self._in_size))
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return MaxPoolingNDGrad(self).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return MaxPoolingNDGrad(self).forward(grad_outputs)


class MaxPoolingNDGrad(FunctionNode):
    """Gradient of :func:`max_pooling_nd`: linear in ``gy``, with the places of the maxima constant.

    Args:
        func: Node of the pooling.
    """

    def __init__(self, func: MaxPoolingND) -> None:
        self.func = func

    def forward(self, inputs: Arrays) -> Arrays:
        func = self.func
        return (max_pool_back(inputs[0], func._indexes, func.ksize, func.stride, func.pad, func._in_size),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return MaxPoolingNDWithIndexes(self.func).apply(grad_outputs)


class MaxPoolingNDWithIndexes(FunctionNode):
    """Second gradient of :func:`max_pooling_nd`: takes elements from the places of earlier maxima.

    Args:
        func: Node of the pooling.
    """

    def __init__(self, func: MaxPoolingND) -> None:
        self.func = func

    def forward(self, inputs: Arrays) -> Arrays:
        func = self.func
        return (max_pool_again(inputs[0], func.indexes, func.ksize, func.stride, func.pad),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return MaxPoolingNDGrad(self.func).apply(grad_outputs)


def max_pooling_nd(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    r"""Maxima over sliding windows of images of any number of dimensions.

    Along each spatial axis the output has :math:`\lceil (d + 2p - k) / s \rceil + 1` elements for an input of length
    :math:`d`, a window of length :math:`k`, stride :math:`s` and padding :math:`p`; without ``cover_all``, rounded
    down instead of up.

    Args:
        x: Images of a float dtype. Shape ``(B, C, d_1, ..., d_n)``.
        ksize: Shape of the window, a number or one an axis.
        stride: Steps between positions of the window, likewise; ``None`` is ``ksize``.
        pad: Padding on each side, of minus infinity.
        cover_all: Whether the last window may reach beyond the padding, so that no element is left out.
        return_indices: Whether to return, too, where the maxima are.

    Returns:
        Variable of the dtype of ``x``, of shape ``(B, C, ...)``. With ``return_indices``, a pair of it and an int64
        array of its shape that tells the place of each maximum in its window, counted in C order.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.
        ValueError: There is no room for a window, or an option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[[1, 3, 2, 0, 5]]], np.float32)
        >>> F.max_pooling_nd(x, 2)
        variable([[[3., 2., 5.]]])
    """
    func = MaxPoolingND(x.ndim - 2, ksize, stride, pad, cover_all, return_indices)
    (y,) = func.apply((x,))
    return (y, func.indexes.astype("int64")) if return_indices else y


def max_pooling_1d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """One-dimensional max pooling: :func:`max_pooling_nd` of ``x`` of shape ``(B, C, L)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.max_pooling_1d(np.ones((1, 2, 8), np.float32), 2).shape
        (1, 2, 4)
    """
    check_ndim(x, 1)
    return max_pooling_nd(x, ksize, stride, pad, cover_all, return_indices)


def max_pooling_2d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """Two-dimensional max pooling: :func:`max_pooling_nd` of ``x`` of shape ``(B, C, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.max_pooling_2d(np.ones((1, 2, 5, 5), np.float32), 3, stride=2, pad=1).shape
        (1, 2, 3, 3)
    """
    check_ndim(x, 2)
    return max_pooling_nd(x, ksize, stride, pad, cover_all, return_indices)


def max_pooling_3d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """Three-dimensional max pooling: :func:`max_pooling_nd` of ``x`` of shape ``(B, C, D, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.max_pooling_3d(np.ones((1, 2, 4, 4, 4), np.float32), 2).shape
        (1, 2, 2, 2, 2)
    """
    check_ndim(x, 3)
    return max_pooling_nd(x, ksize, stride, pad, cover_all, return_indices)
