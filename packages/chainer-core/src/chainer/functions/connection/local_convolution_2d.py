"""Convolution with filters of its own for each place."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.im2col import Im2ColGrad, im2col
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils._windows import windows
from chainer.utils.conv import get_conv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple
from chainer.variable import Variable


def _by_place(W: Any) -> Any:
    """Filters ``(O, H', W', C, kH, kW)`` as a matrix for each place, ``(H' * W', C * kH * kW, O)``."""
    n_out, h, w = W.shape[:3]
    return W.reshape(n_out, h * w, math.prod(W.shape[3:])).transpose(1, 2, 0)


class LocalConvolution2DFunction(FunctionNode):
    """Node of :func:`local_convolution_2d`. The windows that it makes of ``x`` are not kept.

    Attributes:
        sy, sx: Vertical and horizontal stride.
    """

    def __init__(self, stride: Sizes = 1) -> None:
        self.sy, self.sx = as_tuple(stride, 2)

    def check_type_forward(self, in_types: Any) -> None:
        n_in = type_check.eval(in_types.size())
        type_check.expect(in_types.size() >= 2, in_types.size() <= 3)
        type_check.argname(in_types, ("x", "W", "b")[:n_in])
        x_type, w_type = in_types[:2]
        type_check.expect(
            x_type.dtype.kind == "f",
            w_type.dtype == x_type.dtype,
            x_type.ndim == 4,
            w_type.ndim == 6,
        )
        type_check.expect(x_type.shape[1] == w_type.shape[3])
        for axis, s in ((0, self.sy), (1, self.sx)):
            n, k = type_check.eval(x_type.shape[axis + 2]), type_check.eval(w_type.shape[axis + 4])
            type_check.expect(w_type.shape[axis + 1] == get_conv_outsize(n, k, s, 0))
        if n_in == 3:
            b_type = in_types[2]
            type_check.expect(b_type.dtype == x_type.dtype, b_type.ndim == 3)
            for axis in range(3):
                type_check.expect(b_type.shape[axis] == w_type.shape[axis])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, W = inputs[:2]
        n_out, h, w = W.shape[:3]
        y = backend.get_array_module(x).matmul(self._columns(x, W), _by_place(W))  # (H' * W', B, O)
        y = y.transpose(1, 2, 0).reshape(len(x), n_out, h, w)
        if len(inputs) == 3:
            y += inputs[2]
        return (y,)

    def _columns(self, x: NdArray, W: NdArray) -> NdArray:
        """The window at each place, ``(H' * W', B, C * kH * kW)``."""
        h, w = W.shape[1:3]
        col = windows(x, W.shape[4:], (self.sy, self.sx), (1, 1), (h, w))  # (B, C, kH, kW, H', W')
        return col.transpose(4, 5, 0, 1, 2, 3).reshape(h * w, len(x), math.prod(W.shape[3:]))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        n_out, h, w = W.shape[:3]
        stride: Any = (self.sy, self.sx)
        ksize: Any = W.shape[4:]
        length = math.prod(W.shape[3:])
        rows = gy.reshape(len(gy), n_out, h * w).transpose(2, 0, 1)  # (H' * W', B, O)
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gcol = matmul(rows, _by_place(W), transb=True).transpose(1, 2, 0).reshape(len(x), length, h, w)
                gradients += Im2ColGrad(ksize, stride, 0, False, 1, x.shape).apply((gcol,))
            elif i == 1:
                col = im2col(x, ksize, stride).reshape(len(x), length, h * w).transpose(2, 0, 1)
                gradients.append(matmul(rows, col, transa=True).transpose(1, 0, 2).reshape(W.shape))
            else:
                gradients.append(_sum(gy, 0))
        return tuple(gradients)


def local_convolution_2d(
    x: VariableLike, W: VariableLike, b: VariableLike | None = None, stride: Sizes = 1
) -> Variable:
    r"""Two-dimensional convolution whose filters are not shared between places.

    .. math:: y_{b o i j} = \beta_{o i j} + \sum_{c u v} x_{b, c, s i + u, s j + v} W_{o i j c u v}

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        W: Filters of each place of the output. Shape ``(O, H', W', C, kH, kW)``.
        b: Bias of each place, or ``None`` for none. Shape ``(O, H', W')``.
        stride: Step between places, a number or a pair ``(vertical, horizontal)``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.
        ValueError: ``stride`` has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
        >>> W = np.array([1, 10, 100], np.float32).reshape(1, 1, 3, 1, 1, 1) * np.ones((1, 2), np.float32)
        >>> F.local_convolution_2d(x, W).array
        array([[[[  1.,  30., 500.]]]], dtype=float32)
    """
    node = LocalConvolution2DFunction(stride)
    return node.apply((x, W) if b is None else (x, W, b))[0]
