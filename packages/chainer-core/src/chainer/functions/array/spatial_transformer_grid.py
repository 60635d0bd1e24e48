"""Where an affine map takes the pixels of an image."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math.matmul import matmul
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import assert_kwargs_empty, check_unexpected_kwargs
from chainer.variable import Variable


class SpatialTransformerGrid(FunctionNode):
    """Node of :func:`spatial_transformer_grid`.

    Args:
        output_shape: Height and width of the grid.
    """

    def __init__(self, output_shape: tuple[int, int]) -> None:
        self.output_shape = output_shape

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("theta",))
        (theta_type,) = in_types
        type_check.expect(theta_type.dtype.kind == "f", theta_type.ndim == 3)
        type_check.expect(theta_type.shape[1] == 2, theta_type.shape[2] == 3)

    def forward(self, inputs: Arrays) -> Arrays:
        (theta,) = inputs
        grid = theta @ self._coordinates(theta)
        return (grid.reshape(len(theta), 2, *self.output_shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gy: Any = grad_outputs[0]
        rows = reshape(gy, (gy.shape[0], 2, gy.shape[2] * gy.shape[3]))
        return (matmul(rows, self._coordinates(gy.array), transb=True),)

    def _coordinates(self, like: NdArray) -> NdArray:
        """Homogeneous coordinates ``(x, y, 1)`` of the pixels. Shape ``(3, H W)``."""
        xp = backend.get_array_module(like)
        h, w = self.output_shape
        y, x = xp.meshgrid(xp.linspace(-1, 1, h), xp.linspace(-1, 1, w), indexing="ij")
        return xp.stack([x.ravel(), y.ravel(), xp.ones(h * w)]).astype(like.dtype)


def spatial_transformer_grid(theta: VariableLike, output_shape: tuple[int, int], **kwargs: Any) -> Variable:
    r"""Where affine maps take the pixels of an image.

    Coordinates run from -1 to 1 between the centres of the outermost pixels. The grid is what
    :func:`~chainer.functions.spatial_transformer_sampler` takes.

    Args:
        theta: Affine maps, of a float dtype: :math:`(x', y')^\top = \theta (x, y, 1)^\top`. Shape ``(B, 2, 3)``.
        output_shape: Height and width of the grid, in pixels.
        kwargs: None is taken; ``use_cudnn`` is withdrawn.

    Returns:
        Variable of the dtype of ``theta``: first :math:`x'`, then :math:`y'` of each pixel. Shape ``(B, 2, H, W)``.

    Raises:
        ValueError: ``use_cudnn`` is given.
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: ``theta`` is not of a float dtype or not of shape ``(B, 2, 3)``.

    References:
        Jaderberg et al., *Spatial Transformer Networks*, NeurIPS 2015.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> shift_right = np.array([[[1, 0, 0.5], [0, 1, 0]]], np.float32)
        >>> F.spatial_transformer_grid(shift_right, (1, 3)).array[0, 0]
        array([[-0.5,  0.5,  1.5]], dtype=float32)
    """
    refuse_arguments(kwargs)
    return SpatialTransformerGrid(tuple(output_shape)).apply((theta,))[0]  # type: ignore[arg-type]


def refuse_arguments(kwargs: dict[str, Any]) -> None:
    """Raises if any keyword argument is left, with an explanation for the withdrawn one."""
    if kwargs:
        check_unexpected_kwargs(
            kwargs,
            use_cudnn="the argument use_cudnn is not supported anymore; use chainer.using_config('use_cudnn', value), "
            "where value is 'always', 'never' or 'auto'",
        )
        assert_kwargs_empty(kwargs)
