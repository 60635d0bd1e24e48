"""Spreading pixels over sliding windows."""

from __future__ import annotations

from collections.abc import Sequence

from chainer.function_node import FunctionNode
from chainer.functions.pooling.pooling_2d import Pooling2D
from chainer.functions.pooling.unpooling_nd import UnpoolingND, UnpoolingNDGrad
from chainer.types import VariableLike
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Variable


class Unpooling2D(Pooling2D, UnpoolingND):
    """Node of :func:`unpooling_2d`: :class:`UnpoolingND` in two dimensions.

    Attributes:
        outh, outw: Size of the output, or ``None``.
    """

    def __init__(
        self,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        outsize: Sequence[int] | None = None,
        cover_all: bool = True,
    ) -> None:
        super().__init__(ksize, stride, pad, cover_all)
        self.outs = None if outsize is None else as_tuple(outsize, 2)
        self.outh, self.outw = self.outs or (None, None)

    def _grad(self) -> FunctionNode:
        return Unpooling2DGrad(self)


class Unpooling2DGrad(UnpoolingNDGrad):
    """Gradient of :func:`unpooling_2d`: sums over windows.

    Args:
        unpooling2d: Node of the unpooling.
    """

    def __init__(self, unpooling2d: Unpooling2D) -> None:
        super().__init__(unpooling2d)


def unpooling_2d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    cover_all: bool = True,
) -> Variable:
    """Spreads each pixel over a window of a larger image; the inverse of pooling, as far as there is one.

    Args:
        x: Images of a float dtype. Shape ``(B, C, H, W)``.
        ksize: Size of the window, a number or a pair ``(height, width)``.
        stride: Steps between positions of the window, likewise; ``None`` is ``ksize``.
        pad: Pixels cut off on each side of the output: the padding of the pooling that this inverts.
        outsize: Size ``(height, width)`` of the output, one that the pooling turns into that of ``x``; ``None`` is
            the smallest.
        cover_all: Whether that pooling has ``cover_all``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` does not fit ``outsize``, has another number of axes, or is not
            of a float dtype.
        ValueError: An option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.unpooling_2d(np.array([[[[1, 2]]]], np.float32), 2, cover_all=False)
        variable([[[[1., 1., 2., 2.],
                    [1., 1., 2., 2.]]]])
    """
    return Unpooling2D(ksize, stride, pad, outsize, cover_all).apply((x,))[0]
