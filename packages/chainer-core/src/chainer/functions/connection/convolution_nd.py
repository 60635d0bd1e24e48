"""Convolution of any number of dimensions."""

from __future__ import annotations

from typing import Any

from chainer.backends import raw
from chainer.function_node import FunctionNode
from chainer.functions.connection._convolution import conv_backward_data, conv_backward_weights, conv_forward
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils._windows import check_room
from chainer.utils.conv import get_conv_outsize
from chainer.utils.conv_nd import Sizes, as_tuple, check_has_space, check_ndim
from chainer.variable import Variable


def check_convolution_types(in_types: Any, ndim: int, groups: int, x_channels_axis: int) -> None:
    """States what convolutions and transposed convolutions expect of ``x``, ``W`` and ``b``.

    Args:
        ndim: Number of spatial axes.
        groups: Number of groups of channels.
        x_channels_axis: Axis of ``W`` that belongs to the channels of ``x``.
    """
    n_in = type_check.eval(in_types.size())
    type_check.expect(in_types.size() >= 2, in_types.size() <= 3)
    type_check.argname(in_types, ("x", "W", "b")[:n_in])
    x_type, w_type = in_types[:2]
    type_check.expect(
        x_type.dtype.kind == "f",
        w_type.dtype.kind == "f",
        x_type.ndim == ndim + 2,
        w_type.ndim == ndim + 2,
    )
    type_check.expect(w_type.shape[0] % groups == 0)
    if x_channels_axis == 1:
        type_check.expect(x_type.shape[1] == w_type.shape[1] * groups)
    else:
        type_check.expect(x_type.shape[1] == w_type.shape[0])
    if n_in == 3:
        out_channels = w_type.shape[0] if x_channels_axis == 1 else w_type.shape[1] * groups
        b_type = in_types[2]
        type_check.expect(b_type.dtype.kind == "f", b_type.ndim == 1)
        type_check.expect(b_type.shape[0] == out_channels)


class ConvolutionND(FunctionNode):
    """Node of :func:`convolution_nd`. The columns that it makes of ``x`` are not kept.

    The kernels behind it are described in :mod:`chainer.functions.connection._convolution`.
    """

    takes_raw = True

    # The gradient of a transposed convolution knows its size, where several would do.
    _out_size: Shape | None = None

    def __init__(
        self, ndim: int, stride: Sizes = 1, pad: Sizes = 0, cover_all: bool = False, dilate: Sizes = 1, groups: int = 1
    ) -> None:
        self.ndim = ndim
        self.stride = as_tuple(stride, ndim)
        self.pad = as_tuple(pad, ndim)
        self.cover_all = cover_all
        self.dilate = as_tuple(dilate, ndim)
        self.groups = groups

    def check_type_forward(self, in_types: Any) -> None:
        check_convolution_types(in_types, self.ndim, self.groups, 1)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, W = inputs[:2]
        b = inputs[2] if len(inputs) == 3 else None
        x = raw.enter(x)
        out_size = self._out_size or self._get_out_size(x.shape[2:], W.shape[2:])
        return (conv_forward(x, W, b, self.stride, self.pad, self.dilate, self.groups, out_size),)

    def _get_out_size(self, size: Shape, ksize: Shape) -> Shape:
        out_size = tuple(
            [
                get_conv_outsize(n, k, s, p, self.cover_all, d)
                for n, k, s, p, d in zip(size, ksize, self.stride, self.pad, self.dilate)
            ]
        )
        check_room(size, ksize, self.pad, self.dilate, out_size)
        return out_size

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients += self._transposed(x.shape[2:]).apply((gy, W))
            elif i == 1:
                gradients += self._grad_w().apply((x, gy))
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
                gradients.append(conv_backward_data(gy, W, None, *options, x.shape[2:]))
            elif i == 1:
                gradients.append(conv_backward_weights(x, gy, *options, W.shape[2:], W.dtype))
            else:
                gradients.append(gy.sum(axis=(0, *range(2, gy.ndim))))
        return tuple(gradients)

    def _transposed(self, out_size: Shape) -> FunctionNode:
        from chainer.functions.connection.deconvolution_nd import DeconvolutionND

        return DeconvolutionND(self.ndim, self.stride, self.pad, out_size, self.dilate, self.groups)

    def _grad_w(self) -> FunctionNode:
        return ConvolutionNDGradW(self)


class ConvolutionNDGradW(FunctionNode):
    """Gradient of a convolution by its filters.

    Its inputs are the images of the wide and of the narrow side: ``x`` and ``gy`` of a convolution, ``gy`` and
    ``x`` of a transposed one.

    Args:
        convnd: The node of either.
    """

    def __init__(self, convnd: Any) -> None:
        W = convnd.inputs[1]
        self.W_dtype = W.dtype
        self.W_shape = W.shape
        self.ndim = convnd.ndim
        self.stride = convnd.stride
        self.pad = convnd.pad
        self.dilate = convnd.dilate
        self.groups = convnd.groups

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        ksize = self.W_shape[2:]
        gW = conv_backward_weights(x, gy, self.stride, self.pad, self.dilate, self.groups, ksize, self.W_dtype)
        return (gW,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.connection.deconvolution_nd import DeconvolutionND

        x, gy = self.get_retained_inputs()
        (ggW,) = grad_outputs
        assert ggW is not None
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                node: Any = DeconvolutionND(self.ndim, self.stride, self.pad, x.shape[2:], self.dilate, self.groups)
                gradients += node.apply((gy, ggW))
            else:
                node = ConvolutionND(self.ndim, self.stride, self.pad, dilate=self.dilate, groups=self.groups)
                node._out_size = gy.shape[2:]
                gradients += node.apply((x, ggW))
        return tuple(gradients)


def convolution_nd(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    cover_all: bool = False,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    r"""Convolution (in truth cross-correlation) of images of any number of dimensions.

    Along each spatial axis the output has

    .. math:: \left\lfloor \frac{d + 2p - (k - 1) r - 1}{s} \right\rfloor + 1

    elements for an input of length :math:`d`, a filter of length :math:`k`, stride :math:`s`, padding :math:`p` and
    dilation :math:`r`; with ``cover_all``, rounded up instead of down.

    Args:
        x: Images. Shape ``(B, C, d_1, ..., d_n)``.
        W: Filters. Shape ``(O, C / groups, k_1, ..., k_n)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Step between positions of the filter, a number or one an axis.
        pad: Zeros added on each side, likewise.
        cover_all: Whether the last position may reach beyond the padding, so that no element is left out.
        dilate: Distance between the elements that the filter sees, likewise.
        groups: Number of groups of channels, each with its own filters; ``C`` and ``O`` are multiples of it.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        ValueError: The filter is larger than the padded image, or an option has the wrong number of items.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(5, dtype=np.float32).reshape(1, 1, 5)
        >>> F.convolution_nd(x, np.array([[[1, 0, -1]]], np.float32))
        variable([[[-2., -2., -2.]]])
    """
    check_has_space(x)
    node = ConvolutionND(x.ndim - 2, stride, pad, cover_all, dilate, groups)
    return node.apply((x, W) if b is None else (x, W, b))[0]


def convolution_1d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    cover_all: bool = False,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    """One-dimensional convolution: :func:`convolution_nd` of ``x`` of shape ``(B, C, L)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.convolution_1d(np.ones((1, 2, 8), np.float32), np.ones((3, 2, 3), np.float32), stride=2).shape
        (1, 3, 3)
    """
    check_ndim(x, 1)
    return convolution_nd(x, W, b, stride, pad, cover_all, dilate, groups)


def convolution_3d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    cover_all: bool = False,
    dilate: Sizes = 1,
    groups: int = 1,
) -> Variable:
    """Three-dimensional convolution: :func:`convolution_nd` of ``x`` of shape ``(B, C, D, H, W)``.

    Raises:
        ValueError: ``x`` has another number of axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.convolution_3d(np.ones((1, 2, 4, 4, 4), np.float32), np.ones((3, 2, 3, 3, 3), np.float32)).shape
        (1, 3, 2, 2, 2)
    """
    check_ndim(x, 3)
    return convolution_nd(x, W, b, stride, pad, cover_all, dilate, groups)
