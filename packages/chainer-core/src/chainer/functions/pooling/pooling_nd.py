"""What all poolings have in common."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Shape
from chainer.utils import type_check
from chainer.utils._windows import check_room
from chainer.utils.conv import get_conv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple


class _PoolingND(FunctionNode):
    """Base of the nodes that slide a window over images.

    Attributes:
        ndim: Number of spatial axes.
        ksize, stride, pad: Shape of the window, its steps, and the padding, one number an axis.
        cover_all: Whether the last window may reach beyond the padding, so that every element lies in one.
        return_indices: Whether the function returns indexes too.
    """

    def __init__(
        self,
        ndim: int,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        cover_all: bool = True,
        return_indices: bool = False,
    ) -> None:
        if ndim <= 0:
            raise ValueError("pooling needs at least one spatial axis: x has shape (batch, channels, ...)")
        self.ndim = ndim
        self.ksize = as_tuple(ksize, ndim)
        self.stride = self.ksize if stride is None else as_tuple(stride, ndim)
        self.pad = as_tuple(pad, ndim)
        self.cover_all = cover_all
        self.return_indices = return_indices

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == self.ndim + 2)

    def _out_size(self, in_size: Shape) -> Shape:
        out_size = tuple(
            [
                get_conv_outsize(n, k, s, p, self.cover_all)
                for n, k, s, p in zip(in_size, self.ksize, self.stride, self.pad)
            ]
        )
        check_room(in_size, self.ksize, self.pad, (1,) * self.ndim, out_size)
        return out_size
