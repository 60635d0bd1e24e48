"""Means over sliding windows of two-dimensional images."""

from __future__ import annotations

from chainer.function_node import FunctionNode
from chainer.functions.pooling.average_pooling_nd import AveragePoolingND, AveragePoolingNDGrad
from chainer.functions.pooling.pooling_2d import Pooling2D
from chainer.types import VariableLike
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable


class AveragePooling2D(Pooling2D, AveragePoolingND):
    """Node of :func:`average_pooling_2d`: :class:`AveragePoolingND` in two dimensions."""

    def _grad(self) -> FunctionNode:
        return AveragePooling2DGrad(self)


class AveragePooling2DGrad(AveragePoolingNDGrad):
    """Gradient of :func:`average_pooling_2d`, linear in ``gy``.

    Args:
        apool2d: Node of the pooling.
    """

    def __init__(self, apool2d: AveragePooling2D) -> None:
        super().__init__(apool2d)


def average_pooling_2d(x: VariableLike, ksize: Sizes, stride: Sizes | None = None, pad: Sizes = 0) -> Variable:
    """Means over sliding windows of two-dimensional images; padding counts as zeros.

    Args:
        x: Images of a float dtype. Shape ``(B, C, H, W)``.
        ksize: Size of the window, a number or a pair ``(height, width)``.
        stride: Steps between positions of the window, likewise; ``None`` is ``ksize``.
        pad: Padding on each side, likewise.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, H', W')``; see :func:`average_pooling_nd` for its size.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` has another number of axes, or is not of a float dtype.
        ValueError: There is no room for a window, or an option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.average_pooling_2d(np.array([[[[1, 2], [3, 4]]]], np.float32), 2)
        variable([[[[2.5]]]])
    """
    return AveragePooling2D(ksize, stride, pad, False).apply((x,))[0]
