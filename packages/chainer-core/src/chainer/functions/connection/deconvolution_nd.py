"""Transposed convolution of any number of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.backends import raw
from chainer.function_node import FunctionNode
from chainer.functions.connection._convolution import conv_backward_data, conv_backward_weights, conv_forward
from chainer.functions.connection.convolution_nd import (
    ConvolutionND,
    ConvolutionNDGradW,
    check_convolution_types,
)
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.conv import get_conv_outsize, get_deconv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple, check_has_space, check_ndim
from chainer.variable import Variable


class DeconvolutionND(FunctionNode):
    """Node of :func:`deconvolution_nd`: computes what a convolution does backward, and the other way round.

    The kernels behind it are described in :mod:`chainer.functions.connection._convolution`.
    """

    takes_raw = True

    def __init__(
        self,
        ndim: int,
        stride: Sizes = 1,
        pad: Sizes = 0,
        outsize: Sequence[int] | None = None,
        dilate: Sizes = 1,
        groups: int = 1,
    ) -> None:
        self.ndim = ndim
        self.stride = as_tuple(stride, ndim)
        self.pad = as_tuple(pad, ndim)
        self.outs = None if outsize is None else as_tuple(outsize, ndim)
        self.dilate = as_tuple(dilate, ndim)
        self.groups = groups

    @property
    def cover_all(self) -> bool:
        """Whether a convolution of the output needs ``cover_all`` to give the size of the input."""
        if self.inputs is None or self.outs is None:
            return False
        x, W = self.inputs[:2]
        sizes = zip(self.outs, x.shape[2:], W.shape[2:], self.stride, self.pad, self.dilate)  # type: ignore[index]
        return any(get_conv_outsize(out, k, s, p, False, d) != n for out, n, k, s, p, d in sizes)

    def check_type_forward(self, in_types: Any) -> None:
        check_convolution_types(in_types, self.ndim, self.groups, 0)
        if self.outs is None:
            return
        x_type, w_type = in_types[:2]
        for i, (out, s, p, d) in enumerate(zip(self.outs, self.stride, self.pad, self.dilate)):
            k, n = type_check.eval(w_type.shape[i + 2]), x_type.shape[i + 2]
            smallest = type_check.make_variable(get_conv_outsize(out, k, s, p, False, d), f"conv_outsize(outsize[{i}])")
            largest = type_check.make_variable(
                get_conv_outsize(out, k, s, p, True, d), f"conv_outsize(outsize[{i}], cover_all=True)"
            )
            type_check.expect(smallest <= n, n <= largest)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, W = inputs[:2]
        b = inputs[2] if len(inputs) == 3 else None
        x = raw.enter(x)
        out_size = self.outs or self._get_out_size(x.shape[2:], W.shape[2:])
        return (conv_backward_data(x, W, b, self.stride, self.pad, self.dilate, self.groups, out_size),)

    def _get_out_size(self, size: Shape, ksize: Shape) -> Shape:
        out_size = tuple(
            [
                get_deconv_outsize(n, k, s, p, d=d)
                for n, k, s, p, d in zip(size, ksize, self.stride, self.pad, self.dilate)
            ]
        )
        if out_size and min(out_size) <= 0:
            raise ValueError(
                f"pad {self.pad} cuts off all of the output, which would have shape {out_size} for an input of {size} "
                f"and filters of {ksize}"
            )
        return out_size

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                node = ConvolutionND(self.ndim, self.stride, self.pad, dilate=self.dilate, groups=self.groups)
                node._out_size = x.shape[2:]
                gradients += node.apply((gy, W))
            elif i == 1:
                gradients += ConvolutionNDGradW(self).apply((gy, x))
            else:
                gradients.append(_sum(gy, axis=(0, *range(2, gy.ndim))))
        return tuple(gradients)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, W = self.get_retained_input_arrays()
        (gy,) = grad_outputs
        options = (self.stride, self.pad, self.dilate, self.groups)
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients.append(conv_forward(gy, W, None, *options, x.shape[2:]))
            elif i == 1:
                gradients.append(conv_backward_weights(gy, x, *options, W.shape[2:], W.dtype))
            else:
                gradients.append(gy.sum(axis=(0, *range(2, gy.ndim))))
        return tuple(gradients)


def deconvolution_nd(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    r"""Transposed convolution ("deconvolution") of images of any number of dimensions.

    The gradient of :func:`convolution_nd` by its input, as a function of its own. Along each spatial axis the output
    has :math:`s (d - 1) + (k - 1) r + 1 - 2p` elements for an input of length :math:`d`, a filter of length
    :math:`k`, stride :math:`s`, padding :math:`p` and dilation :math:`r`, unless ``outsize`` says otherwise.

    Args:
        x: Images. Shape ``(B, C, d_1, ..., d_n)``.
        W: Filters. Shape ``(C, O / groups, k_1, ..., k_n)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Stride of the convolution that this transposes, a number or one an axis.
        pad: Its padding: elements cut off on each side of the output.
        outsize: Spatial shape of the output, one that such a convolution turns into that of ``x``.
        dilate: Its dilation.
        groups: Its number of groups of channels.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        ValueError: Nothing is left of the output, or an option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[[1, 2]]], np.float32)
        >>> F.deconvolution_nd(x, np.array([[[1, 1, 1]]], np.float32), stride=2)
        variable([[[1., 1., 3., 2., 2.]]])
    """
    check_has_space(x)
    node = DeconvolutionND(x.ndim - 2, stride, pad, outsize, dilate, groups)
    return node.apply((x, W) if b is None else (x, W, b))[0]


def deconvolution_1d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    """One-dimensional transposed convolution: :func:`deconvolution_nd` of ``x`` of shape ``(B, C, L)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.deconvolution_1d(np.ones((1, 2, 3), np.float32), np.ones((2, 4, 3), np.float32), stride=2).shape
        (1, 4, 7)
    """
    check_ndim(x, 1)
    return deconvolution_nd(x, W, b, stride, pad, outsize, dilate, groups)


def deconvolution_3d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    outsize: Sequence[int] | None = None,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    """Three-dimensional transposed convolution: :func:`deconvolution_nd` of ``x`` of shape ``(B, C, D, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.deconvolution_3d(np.ones((1, 2, 2, 2, 2), np.float32), np.ones((2, 4, 3, 3, 3), np.float32)).shape
        (1, 4, 4, 4, 4)
    """
    check_ndim(x, 3)
    return deconvolution_nd(x, W, b, stride, pad, outsize, dilate, groups)
