"""Two-dimensional convolution."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.connection.convolution_nd import ConvolutionND, ConvolutionNDGradW
from chainer.types import Shape, VariableLike
from chainer.utils import argument
from chainer.utils.conv_nd import Sizes
from chainer.variable import Variable

WITHDRAWN = {
    "deterministic": "deterministic is not an argument any more: use chainer.using_config('cudnn_deterministic', value)"
}
"""Arguments of older versions, as :func:`chainer.utils.argument.parse_kwargs` takes them."""


class Convolution2DFunction(ConvolutionND):
    """Node of :func:`convolution_2d`: :class:`ConvolutionND` in two dimensions.

    Attributes:
        sy, sx: Vertical and horizontal stride.
        ph, pw: Padding.
        dy, dx: Dilation.
    """

    def __init__(self, stride: Sizes = 1, pad: Sizes = 0, cover_all: bool = False, **kwargs: Any) -> None:
        dilate, groups = argument.parse_kwargs(kwargs, ("dilate", 1), ("groups", 1), **WITHDRAWN)
        super().__init__(2, stride, pad, cover_all, dilate, groups)
        self.sy, self.sx = self.stride
        self.ph, self.pw = self.pad
        self.dy, self.dx = self.dilate

    def _grad_w(self) -> FunctionNode:
        W: Any = self.inputs[1]  # type: ignore[index]
        return Convolution2DGradW(self, W.shape, W.dtype, None)


class Convolution2DGradW(ConvolutionNDGradW):
    """Gradient of :func:`convolution_2d` by its filters.

    Args:
        conv2d: Node of the convolution.
        w_shape: Shape of the filters.
        w_dtype: dtype of the filters.
        w_layout: Kept for the published signature.
    """

    def __init__(self, conv2d: Any, w_shape: Shape, w_dtype: Any, w_layout: None = None) -> None:
        super().__init__(conv2d)
        self.W_shape = w_shape
        self.W_dtype = w_dtype


def convolution_2d(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    stride: Sizes = 1,
    pad: Sizes = 0,
    cover_all: bool = False,
    **kwargs: Any,
) -> Variable:
    r"""Two-dimensional convolution (in truth cross-correlation) of images.

    .. math:: y_{b o i j} = \beta_o + \sum_{c u v} x_{b, c, s i + r u - p, s j + r v - p} W_{o c u v}

    with stride :math:`s`, padding :math:`p` and dilation :math:`r`. See :func:`convolution_nd` for the size of the
    output.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        W: Filters. Shape ``(O, C / groups, kH, kW)``.
        b: Bias, or ``None`` for none. Shape ``(O,)``.
        stride: Step between positions of the filter, a number or a pair ``(vertical, horizontal)``.
        pad: Zeros added on each side, likewise.
        cover_all: Whether the last position may reach beyond the padding, so that no pixel is left out.
        dilate: Distance between the pixels that the filter sees, likewise (keyword only, 1 by default).
        groups: Number of groups of channels, each with its own filters (keyword only, 1 by default).

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, O, H', W')``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        ValueError: The filter is larger than the padded image, or an option has the wrong number of items.
        TypeError: An unknown keyword argument.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.ones((1, 3, 8, 8), np.float32)
        >>> F.convolution_2d(x, np.ones((4, 3, 3, 3), np.float32), stride=2, pad=1).shape
        (1, 4, 4, 4)
    """
    node = Convolution2DFunction(stride, pad, cover_all, **kwargs)
    return node.apply((x, W) if b is None else (x, W, b))[0]
