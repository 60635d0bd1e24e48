"""Shifting channels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Variable


class Shift(FunctionNode):
    """Node of :func:`shift`. Its gradient is the shift back.

    Attributes:
        kh, kw: Size of the neighbourhood.
        dy, dx: Dilation.
    """

    _direction = 1

    def __init__(self, ksize: Sizes = 3, dilate: Sizes = 1) -> None:
        self.kh, self.kw = as_tuple(ksize, 2)
        if self.kh % 2 == 0 or self.kw % 2 == 0:
            raise ValueError(f"ksize must be odd, so that the neighbourhood has a centre, got {ksize}")
        self.dy, self.dx = as_tuple(dilate, 2)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        type_check.expect(x_type.dtype.kind == "f", x_type.ndim == 4)
        type_check.expect(x_type.shape[1] >= self.kh * self.kw)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        y = backend.get_array_module(x).zeros_like(x)
        for channels, down, right in self._groups(x.shape[1]):
            _copy_shifted(y[:, channels], x[:, channels], self._direction * down, self._direction * right)
        return (y,)

    def _groups(self, n_channels: int) -> Iterator[tuple[slice, int, int]]:
        """Slices of channels, and by how much each is shifted down and to the right."""
        offsets = [
            ((i - self.kh // 2) * self.dy, (j - self.kw // 2) * self.dx)
            for i, j in itertools.product(range(self.kh), range(self.kw))
        ]
        # The centre trades places with the last: what is left over after equal groups is not shifted.
        centre = len(offsets) // 2
        offsets[centre], offsets[-1] = offsets[-1], offsets[centre]
        size = n_channels // len(offsets)
        for i, (down, right) in enumerate(offsets):
            last = i == len(offsets) - 1
            yield slice(i * size, n_channels if last else (i + 1) * size), down, right

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        back = Shift((self.kh, self.kw), (self.dy, self.dx))
        back._direction = -self._direction
        return back.apply(grad_outputs)


def _copy_shifted(y: NdArray, x: NdArray, down: int, right: int) -> None:
    """Copies images into others, shifted; what leaves the image is lost."""
    (to_y, of_y), (to_x, of_x) = _overlap(x.shape[2], down), _overlap(x.shape[3], right)
    y[:, :, to_y, to_x] = x[:, :, of_y, of_x]


def _overlap(length: int, shift: int) -> tuple[slice, slice]:
    n = max(length - abs(shift), 0)
    to, of = max(shift, 0), max(-shift, 0)
    return slice(to, to + n), slice(of, of + n)


def shift(x: VariableLike, ksize: Sizes = 3, dilate: Sizes = 1) -> Variable:
    """Shifts each group of channels to another of the neighbouring places; zeros come in.

    Channels are divided into ``kh * kw`` groups, one for each place in the neighbourhood. What the division leaves
    over stays with the group of the centre, which is the last and is not shifted.

    Args:
        x: Images of a float dtype. Shape ``(B, C, H, W)``.
        ksize: Size of the neighbourhood, an odd number or a pair ``(height, width)``.
        dilate: Distance between its places, likewise.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: There are fewer channels than places, or ``x`` is no batch of images of a
            float dtype.
        ValueError: ``ksize`` is even.

    References:
        Wu et al., *Shift: A Zero FLOP, Zero Parameter Alternative to Spatial Convolutions*, CVPR 2018,
        arXiv:1711.08141.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 1, 3)
        >>> F.shift(x, ksize=(1, 3)).array[0, :, 0]
        array([[2., 3., 0.],
               [0., 4., 5.],
               [7., 8., 9.]], dtype=float32)
    """
    return Shift(ksize, dilate).apply((x,))[0]
