"""Spreading elements over sliding windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.pooling._windowed import sum_pool, sum_pool_back
from chainer.functions.pooling.pooling_nd import _PoolingND
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.conv import get_conv_outsize, get_deconv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple, check_ndim
from chainer.variable import Variable


class UnpoolingND(_PoolingND):
    """Node of :func:`unpooling_nd`. Keeps no array.

    Attributes:
        outs: Spatial shape of the output, or ``None``.
    """

    _in_size: Shape

    def __init__(
        self,
        ndim: int,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        outsize: Sequence[int] | None = None,
        cover_all: bool = True,
    ) -> None:
        super().__init__(ndim, ksize, stride, pad, cover_all)
        self.outs = None if outsize is None else as_tuple(outsize, ndim)

    def check_type_forward(self, in_types: Any) -> None:
        super().check_type_forward(in_types)
        if self.outs is not None:
            expected = tuple(
                [
                    get_conv_outsize(n, k, s, p, self.cover_all)
                    for n, k, s, p in zip(self.outs, self.ksize, self.stride, self.pad)
                ]
            )
            type_check.expect(in_types[0].shape[2:] == expected)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self._in_size = x.shape[2:]
        return (sum_pool_back(x, self.ksize, self.stride, self.pad, self._unpooled_size(self._in_size)),)

    def _unpooled_size(self, size: Shape) -> Shape:
        if self.outs is not None:
            return self.outs
        return tuple(
            [
                get_deconv_outsize(n, k, s, p, self.cover_all)
                for n, k, s, p in zip(size, self.ksize, self.stride, self.pad)
            ]
        )

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return self._grad().apply(grad_outputs)

    def _grad(self) -> FunctionNode:
        return UnpoolingNDGrad(self)


class UnpoolingNDGrad(FunctionNode):
    """Gradient of :func:`unpooling_nd`: sums over windows.

    Args:
        unpoolingnd: Node of the unpooling.
    """

    def __init__(self, unpoolingnd: UnpoolingND) -> None:
        self.func = unpoolingnd

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        self._out_size = gy.shape[2:]
        f = self.func
        return (sum_pool(gy, f.ksize, f.stride, f.pad, f._in_size),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        f = self.func
        again = UnpoolingND(f.ndim, f.ksize, f.stride, f.pad, self._out_size, f.cover_all)
        return again.apply(grad_outputs)


def unpooling_nd(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    cover_all: bool = True,
) -> Variable:
    """Spreads each element over a window of a larger image; the inverse of pooling, as far as there is one.

    Where windows overlap, what they hold is added up.

    Args:
        x: Images of a float dtype. Shape ``(B, C, d_1, ..., d_n)``.
        ksize: Shape of the window, a number or one an axis.
        stride: Steps between positions of the window, likewise; ``None`` is ``ksize``.
        pad: Elements cut off on each side of the output: the padding of the pooling that this inverts.
        outsize: Spatial shape of the output, one that the pooling turns into that of ``x``; ``None`` is the smallest.
        cover_all: Whether that pooling has ``cover_all``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` does not fit ``outsize``, or is not of a float dtype.
        ValueError: An option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.unpooling_nd(np.array([[[1, 2]]], np.float32), 2, cover_all=False)
        variable([[[1., 1., 2., 2.]]])
    """
    return UnpoolingND(x.ndim - 2, ksize, stride, pad, outsize, cover_all).apply((x,))[0]


def unpooling_1d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    cover_all: bool = True,
) -> Variable:
    """One-dimensional unpooling: :func:`unpooling_nd` of ``x`` of shape ``(B, C, L)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.unpooling_1d(np.ones((1, 2, 4), np.float32), 2, outsize=(8,)).shape
        (1, 2, 8)
    """
    check_ndim(x, 1)
    return unpooling_nd(x, ksize, stride, pad, outsize, cover_all)


def unpooling_3d(
    x: VariableLike,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    cover_all: bool = True,
) -> Variable:
    """Three-dimensional unpooling: :func:`unpooling_nd` of ``x`` of shape ``(B, C, D, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.unpooling_3d(np.ones((1, 2, 2, 2, 2), np.float32), 2, outsize=(4, 4, 4)).shape
        (1, 2, 4, 4, 4)
    """
    check_ndim(x, 3)
    return unpooling_nd(x, ksize, stride, pad, outsize, cover_all)
