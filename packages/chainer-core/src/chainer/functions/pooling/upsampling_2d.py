"""Putting pixels back where max pooling took them from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.pooling._windowed import max_pool_again, max_pool_back
from chainer.functions.pooling.pooling_2d import Pooling2D
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.conv import get_conv_outsize, get_deconv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Variable


class Upsampling2D(Pooling2D):
    """Node of :func:`upsampling_2d`: what max pooling does backward, forward.

    Attributes:
        indexes: Places in the windows.
        outh, outw: Size of the output, or ``None``.
    """

    def __init__(
        self,
        indexes: NdArray,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        outsize: Sequence[int] | None = None,
        cover_all: bool = True,
    ) -> None:
        super().__init__(ksize, stride, pad, cover_all)
        self.indexes = indexes
        self.outh, self.outw = (None, None) if outsize is None else as_tuple(outsize, 2)

    def check_type_forward(self, in_types: Any) -> None:
        super().check_type_forward(in_types)
        (x_type,) = in_types
        type_check.expect(x_type.shape == type_check.make_variable(self.indexes.shape, "indexes.shape"))
        for axis, out in ((0, self.outh), (1, self.outw)):
            if out is not None:
                k, s, p = self.ksize[axis], self.stride[axis], self.pad[axis]
                type_check.expect(x_type.shape[axis + 2] == get_conv_outsize(out, k, s, p, self.cover_all))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        h, w = x.shape[2:]
        if self.outh is None:
            self.outh = get_deconv_outsize(h, self.kh, self.sy, self.ph, self.cover_all)
        if self.outw is None:
            self.outw = get_deconv_outsize(w, self.kw, self.sx, self.pw, self.cover_all)
        out_size = (self.outh, self.outw)
        return (max_pool_back(x, self.indexes, self.ksize, self.stride, self.pad, out_size),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Upsampling2DGrad(self).apply(grad_outputs)


class Upsampling2DGrad(FunctionNode):
    """Gradient of :func:`upsampling_2d`: takes pixels from the given places.

    Args:
        upsampling2d: Node of the upsampling.
    """

    def __init__(self, upsampling2d: Upsampling2D) -> None:
        self.func = upsampling2d

    def forward(self, inputs: Arrays) -> Arrays:
        f = self.func
        return (max_pool_again(inputs[0], f.indexes, f.ksize, f.stride, f.pad),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        f = self.func
        again = Upsampling2D(f.indexes, f.ksize, f.stride, f.pad, (f.outh, f.outw), f.cover_all)
        return again.apply(grad_outputs)


def upsampling_2d(
    x: VariableLike,
    indexes: NdArray,
    ksize: Sizes,
    stride: Sizes | None = None,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    cover_all: bool = True,
) -> Variable:
    """Puts pixels where max pooling had found its maxima, and zeros elsewhere.

    Args:
        x: Images of a float dtype. Shape ``(B, C, H, W)``.
        indexes: Places in the windows, as :func:`max_pooling_2d` returns them with ``return_indices``. Integers, of
            the shape of ``x``.
        ksize: Size of the window of that pooling, a number or a pair ``(height, width)``.
        stride: Its stride, likewise; ``None`` is ``ksize``.
        pad: Its padding, likewise.
        outsize: Size ``(height, width)`` of the output, that of the pooling's input; ``None`` is the smallest.
        cover_all: Whether the pooling had ``cover_all``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or ``x`` is not of a float dtype.
        ValueError: An option has the wrong number of items.

    References:
        Badrinarayanan, Kendall and Cipolla, *SegNet*, PAMI 2017.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[[[1, 4], [3, 2]]]], np.float32)
        >>> y, indexes = F.max_pooling_2d(x, 2, return_indices=True)
        >>> F.upsampling_2d(y, indexes, 2, outsize=(2, 2))
        variable([[[[0., 4.],
                    [0., 0.]]]])
    """
    return Upsampling2D(indexes, ksize, stride, pad, outsize, cover_all).apply((x,))[0]
