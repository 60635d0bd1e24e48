"""Means over sliding windows."""

from __future__ import annotations

from chainer.function_node import FunctionNode
from chainer.functions.pooling._windowed import average_pool, average_pool_back
from chainer.functions.pooling.pooling_nd import _PoolingND
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils.conv_nd import Sizes, check_ndim
from chainer.variable import Variable


class AveragePoolingND(_PoolingND):
    """Node of :func:`average_pooling_nd`. Keeps no array.

    Attributes:
        pad_value: 0, or ``None`` to leave padding out of the means.
    """

    takes_raw = True

    _in_size: Shape

    def __init__(
        self,
        ndim: int,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        cover_all: bool = False,
        pad_value: int | None = 0,
    ) -> None:
        if pad_value is not None and pad_value != 0:
            raise ValueError(f"pad_value must be 0 or None (padding is left out of the means), got {pad_value!r}")
        super().__init__(ndim, ksize, stride, pad, cover_all)
        self.pad_value = pad_value

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self._in_size = x.shape[2:]
        out_size = self._out_size(self._in_size)
        return (average_pool(x, self.ksize, self.stride, self.pad, out_size, self.pad_value is not None),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return self._grad().apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return self._grad().forward(grad_outputs)

    def _grad(self) -> FunctionNode:
        return AveragePoolingNDGrad(self)


class AveragePoolingNDGrad(FunctionNode):
    """Gradient of :func:`average_pooling_nd`, linear in ``gy``.

    Args:
        apoolnd: Node of the pooling.
    """

    def __init__(self, apoolnd: AveragePoolingND) -> None:
        self.func = apoolnd

    def forward(self, inputs: Arrays) -> Arrays:
        f = self.func
        return (average_pool_back(inputs[0], f.ksize, f.stride, f.pad, f._in_size, f.pad_value is not None),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        f = self.func
        again = AveragePoolingND(f.ndim, f.ksize, f.stride, f.pad, f.cover_all, f.pad_value)
        return again.apply(grad_outputs)


def average_pooling_nd(
    x: VariableLike, ksize: Sizes, stride: Sizes | None = None, pad: Sizes = 0, pad_value: int | None = 0
) -> Variable:
    r"""Means over sliding windows of images of any number of dimensions.

    Along each spatial axis the output has :math:`\lfloor (d + 2p - k) / s \rfloor + 1` elements for an input of length
    :math:`d`, a window of length :math:`k`, stride :math:`s` and padding :math:`p`.

    Args:
        x: Images of a float dtype. Shape ``(B, C, d_1, ..., d_n)``.
        ksize: Shape of the window, a number or one an axis.
        stride: Steps between positions of the window, likewise; ``None`` is ``ksize``.
        pad: Padding on each side, likewise.
        pad_value: 0 counts padding as zeros; ``None`` leaves it out, so that a mean is over elements of ``x`` alone.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.
        ValueError: ``pad_value`` is another value, there is no room for a window, or an option has the wrong number
            of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[[1, 3, 2, 4]]], np.float32)
        >>> F.average_pooling_nd(x, 2)
        variable([[[2., 3.]]])
        >>> F.average_pooling_nd(x, 2, pad=1, pad_value=None)
        variable([[[1. , 2.5, 4. ]]])
    """
    return AveragePoolingND(x.ndim - 2, ksize, stride, pad, False, pad_value).apply((x,))[0]


def average_pooling_1d(
    x: VariableLike, ksize: Sizes, stride: Sizes | None = None, pad: Sizes = 0, pad_value: int | None = 0
) -> Variable:
    """One-dimensional average pooling: :func:`average_pooling_nd` of ``x`` of shape ``(B, C, L)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.average_pooling_1d(np.ones((1, 2, 8), np.float32), 2).shape
        (1, 2, 4)
    """
    check_ndim(x, 1)
    return average_pooling_nd(x, ksize, stride, pad, pad_value)


def average_pooling_3d(
    x: VariableLike, ksize: Sizes, stride: Sizes | None = None, pad: Sizes = 0, pad_value: int | None = 0
) -> Variable:
    """Three-dimensional average pooling: :func:`average_pooling_nd` of ``x`` of shape ``(B, C, D, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.average_pooling_3d(np.ones((1, 2, 4, 4, 4), np.float32), 2).shape
        (1, 2, 2, 2, 2)
    """
    check_ndim(x, 3)
    return average_pooling_nd(x, ksize, stride, pad, pad_value)
