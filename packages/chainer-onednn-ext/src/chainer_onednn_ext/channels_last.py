"""Images that lie channels-last, or whose last steps are still to be computed.

Between the kernels of this package images lie in the order ``(B, H, W, C)``, the one in which most of them are the
fastest. What a convolution, a batch normalization and a sum do to each element is not computed at once: the function
that comes next may be a rectifier, and then all of it is one pass.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy
from chainer.backends import raw
from chainer.configuration import config
from chainer.types import NdArray, Shape

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import reorders


@dataclasses.dataclass(slots=True, eq=False)
class Convolution:
    """A convolution that has not run.

    Attributes:
        core: Its images, and its filters as they were when it was called.
        bias: One number a channel, likewise.
    """

    core: _core.PendingConvolution
    bias: NdArray | None

    def run(self, scale: NdArray | None, shift: NdArray | None, addend: NdArray | None, rectifies: bool) -> NdArray:
        """``y * scale + shift + addend``, or the positive part of it, in one pass where that can be had."""
        if self.bias is not None:
            bias = self.bias if scale is None else self.bias * scale
            shift = bias if shift is None else bias + shift
        elif scale is not None and shift is None:
            shift = numpy.zeros_like(scale)
        y = self.core.run(scale, shift, addend, rectifies)
        if y is None:
            y = self.core.run(None, None, None, False)
            assert y is not None
            y = _core.affine_last(y, None, scale, shift, addend, rectifies)
        return y


@dataclasses.dataclass(slots=True, eq=False)
class Affine:
    """``(base - center) * scale + shift + addend``, where all but the base may be missing.

    Attributes:
        base: Channels-last images, or a convolution.
        center, scale, shift: One number a channel; ``center`` only where the base is images.
        addend: Channels-last images.
        origin: What stands for the output of the convolution itself, in a tuple shared by all that go back to it, so
            that it can be seen whether anybody else has it.
    """

    base: Any
    center: NdArray | None = None
    scale: NdArray | None = None
    shift: NdArray | None = None
    addend: NdArray | None = None
    origin: tuple[ChannelsLast] | None = None

    def compute(self, rectifies: bool = False) -> NdArray:
        """The images, or the positive part of them."""
        base = self.base
        if isinstance(base, Convolution):
            # Somebody else who has the output of the convolution may ask for it: do not convolve twice.
            if self.origin is None or sys.getrefcount(self.origin[0]) <= 2:
                return base.run(self.scale, self.shift, self.addend, rectifies)
            base = self.origin[0].values
        return _core.affine_last(base, self.center, self.scale, self.shift, self.addend, rectifies)


@dataclasses.dataclass(slots=True)
class Masked:
    """``upper`` where ``output`` is positive, else 0: what flows back through a rectifier.

    Attributes:
        before: What the rectifier rectified, if that is known: its sign is that of the output.
    """

    upper: NdArray
    output: NdArray
    before: Affine | None

    def compute(self) -> NdArray:
        """The images."""
        return _core.relu_backward(self.output, self.upper)


@dataclasses.dataclass(slots=True)
class MaskedSum:
    """What flows back through a rectifier, and beside it: the gradient at the head of a residual block."""

    masked: Masked
    addend: NdArray

    def compute(self) -> NdArray:
        """The images."""
        return _core.relu_backward(self.masked.output, self.masked.upper, self.addend)


class ChannelsLast(raw.RawArray):
    """Images of shape ``(B, C, H, W)`` that lie as ``(B, H, W, C)``.

    Args:
        shape: ``(B, C, H, W)``.
        values: C-contiguous array of shape ``(B, H, W, C)``.
        pending: How to compute it, where it is not given.

    Attributes:
        rectified: What these images are the positive part of, if that was images without more than an affine map.
    """

    __slots__ = ("_values", "pending", "rectified")

    def __init__(
        self, shape: Shape, values: NdArray | None = None, pending: Affine | Masked | MaskedSum | None = None
    ) -> None:
        super().__init__(shape, numpy.float32 if values is None else values.dtype)
        self._values = values
        self.pending = pending
        self.rectified: Affine | None = None

    @classmethod
    def of(cls, values: NdArray) -> ChannelsLast:
        """The images that a kernel has computed."""
        b, h, w, c = values.shape
        return cls((b, c, h, w), values)

    @property
    def values(self) -> NdArray:
        """The images as an array of shape ``(B, H, W, C)``; not to be written to."""
        if self._values is not None:
            return self._values
        if self._plain is not None:  # who has it may write to it, so what is made of it here is of this moment
            return pack(self._plain)
        assert self.pending is not None
        self._values = self.pending.compute()
        self.pending = None
        return self._values

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has the plain array, and could have written to it."""
        return self._plain is None

    def _unpack(self) -> NdArray:
        values = self.values
        self._values = None
        reorders["to plain"] += 1
        if values.dtype == numpy.float32:
            return _core.from_channels_last(values)
        return numpy.ascontiguousarray(values.transpose(0, 3, 1, 2))

    def affine(self, center: NdArray | None, scale: NdArray, shift: NdArray) -> ChannelsLast:
        """``(x - center) * scale + shift``, to be computed."""
        before = self.pending
        # With gradients to come the output of a convolution will be asked for in any case.
        if (
            isinstance(before, Affine)
            and before.addend is None
            and before.center is None
            and not config.enable_backprop
        ):
            if center is not None:
                shift = shift - center * scale
            if before.shift is not None:
                shift = shift + before.shift * scale
            if before.scale is not None:
                scale = scale * before.scale
            return ChannelsLast(self.shape, None, Affine(before.base, None, scale, shift, None, self._origin(before)))
        return ChannelsLast(self.shape, None, Affine(self.values, center, scale, shift))

    def _origin(self, pending: Affine) -> tuple[ChannelsLast] | None:
        return (self,) if pending.origin is None and isinstance(pending.base, Convolution) else pending.origin

    def sum(self, axis: Any = None) -> Any:
        """Sum over axes; over all but the channels, of the images as they lie."""
        return _core.sum_last(self.values) if axis == (0, 2, 3) else self.array.sum(axis=axis)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and len(key) == 2 and key[0] == slice(None) and isinstance(key[1], slice):
            begin, end, step = key[1].indices(self.shape[1])
            if step == 1 and begin <= end:
                return ChannelsLast.of(_core.slice_last(self.values, begin, end))
        return self.array[key]

    def __add__(self, other: Any) -> Any:
        if getattr(other, "shape", None) != self.shape or other.dtype != numpy.float32:
            return self.array + raw.plain(other)
        other = as_channels_last(other)
        for masked, beside in ((self, other), (other, self)):
            if isinstance(masked.pending, Masked):
                return ChannelsLast(self.shape, None, MaskedSum(masked.pending, beside.values))
        first, second = (self, other) if _takes_addend(self) else (other, self)
        before = first.pending
        if isinstance(before, Affine) and before.addend is None:
            pending = dataclasses.replace(before, addend=second.values, origin=first._origin(before))
        else:
            pending = Affine(first.values, addend=second.values)
        return ChannelsLast(self.shape, None, pending)

    def __mul__(self, other: Any) -> Any:
        if getattr(other, "shape", None) != self.shape or other.dtype != numpy.float32:
            return self.array * raw.plain(other)
        return ChannelsLast.of(self.values * as_channels_last(other).values)


def _takes_addend(x: ChannelsLast) -> bool:
    return isinstance(x.pending, Affine) and x.pending.addend is None


def pack(x: NdArray) -> NdArray:
    """Plain images as an array of shape ``(B, H, W, C)``."""
    reorders["to channels-last"] += 1
    if x.dtype == numpy.float32:
        return _core.to_channels_last(x)
    return numpy.ascontiguousarray(x.transpose(0, 2, 3, 1))


def as_channels_last(x: Any) -> ChannelsLast:
    """Channels-last images as they are, plain ones as a copy."""
    return x if isinstance(x, ChannelsLast) else ChannelsLast(x.shape, pack(x))


def values_of(x: Any) -> NdArray:
    """The array of shape ``(B, H, W, C)`` of either kind of images."""
    return x.values if isinstance(x, ChannelsLast) else pack(x)


def enter(x: NdArray) -> Any:
    """Plain images as channels-last ones, if they are such as the kernels take."""
    if x.ndim != 4 or x.dtype != numpy.float32 or x.size == 0:
        return x
    return ChannelsLast(x.shape, pack(x))
