"""Windows of images as channels."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import conv, type_check
from chainer.variable import Variable

Pair = int | tuple[int, int]


def _pair(value: Any, name: str) -> tuple[int, int]:
    if not hasattr(value, "__getitem__"):
        return value, value
    if len(value) != 2:
        raise ValueError(f"{name} must be an int or a pair of ints, got {value!r}")
    return tuple(value)


class Im2Col(FunctionNode):
    """Node of :func:`im2col`.

    Args:
        ksize: As for :func:`im2col`.
        stride: As for :func:`im2col`.
        pad: As for :func:`im2col`.
        cover_all: As for :func:`im2col`.
        dilate: As for :func:`im2col`.
    """

    def __init__(self, ksize: Pair, stride: Pair, pad: Pair, cover_all: bool, dilate: Pair) -> None:
        self.kh, self.kw = _pair(ksize, "ksize")
        self.sy, self.sx = _pair(stride, "stride")
        self.ph, self.pw = _pair(pad, "pad")
        self.dy, self.dx = _pair(dilate, "dilate")
        self.cover_all = cover_all

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == 4)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        col = conv.im2col(
            x, self.kh, self.kw, self.sy, self.sx, self.ph, self.pw, cover_all=self.cover_all, dy=self.dy, dx=self.dx
        )
        b, c, kh, kw, out_h, out_w = col.shape
        return (col.reshape(b, c * kh * kw, out_h, out_w),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        return self._gradient(shape).apply(grad_outputs)

    def _gradient(self, in_shape: Shape) -> Im2ColGrad:
        return Im2ColGrad(
            (self.kh, self.kw), (self.sy, self.sx), (self.ph, self.pw), self.cover_all, (self.dy, self.dx), in_shape
        )


class Im2ColGrad(FunctionNode):
    """Gradient of :func:`im2col`: each pixel gets the sum of its places in windows.

    Args:
        ksize: As for :func:`im2col`.
        stride: As for :func:`im2col`.
        pad: As for :func:`im2col`.
        cover_all: As for :func:`im2col`.
        dilate: As for :func:`im2col`.
        in_shape: Shape of the output.
    """

    def __init__(self, ksize: Pair, stride: Pair, pad: Pair, cover_all: bool, dilate: Pair, in_shape: Shape) -> None:
        self._function = Im2Col(ksize, stride, pad, cover_all, dilate)
        self.in_shape = in_shape

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("gy",))
        f = self._function
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == 4)
        type_check.expect(
            in_types[0].shape[0] == self.in_shape[0],
            in_types[0].shape[1] == self.in_shape[1] * f.kh * f.kw,
        )

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        f = self._function
        b, c, h, w = self.in_shape
        col = gy.reshape(b, c, f.kh, f.kw, *gy.shape[2:])
        return (conv.col2im(col, f.sy, f.sx, f.ph, f.pw, h, w, f.dy, f.dx),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        f = self._function
        return Im2Col((f.kh, f.kw), (f.sy, f.sx), (f.ph, f.pw), f.cover_all, (f.dy, f.dx)).apply(grad_outputs)


def im2col(
    x: VariableLike, ksize: Pair, stride: Pair = 1, pad: Pair = 0, cover_all: bool = False, dilate: Pair = 1
) -> Variable:
    """Lays out the windows of images as channels.

    Args:
        x: Variable or array of a float dtype. Shape ``(B, C, H, W)``.
        ksize: Height and width of a window; one number for both.
        stride: Vertical and horizontal distance of neighbouring windows; one number for both.
        pad: Zeros above and below, and left and right; one number for both.
        cover_all: Whether every pixel comes to lie in a window, with more padding if needed.
        dilate: Vertical and horizontal distance of neighbours inside a window; one number for both.

    Returns:
        Variable of the dtype of ``x``, one channel a channel of ``x`` and place in the window. Shape
        ``(B, C kh kw, out_h, out_w)``.

    Raises:
        ValueError: A window does not fit into the image.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or has not four axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.im2col(np.zeros((1, 3, 5, 5), np.float32), 3).shape
        (1, 27, 3, 3)
    """
    return Im2Col(ksize, stride, pad, cover_all, dilate).apply((x,))[0]
