"""Images sampled at the points of a grid."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions._composed import second_gradients
from chainer.functions.array._scatter import add_at
from chainer.functions.array.pad import pad
from chainer.functions.array.reshape import reshape
from chainer.functions.array.spatial_transformer_grid import refuse_arguments
from chainer.functions.array.transpose import transpose
from chainer.functions.math.clip import clip
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

# With this border of zeros, all four neighbours of a point up to one pixel outside an image are pixels.
_BORDER = ((0, 0), (1, 2), (1, 2), (0, 0))


def _check_types(in_types: Any) -> None:
    x_type, grid_type = in_types[:2]
    type_check.expect(
        x_type.dtype.kind == "f",
        grid_type.dtype == x_type.dtype,
        x_type.ndim == 4,
        grid_type.ndim == 4,
    )
    type_check.expect(
        grid_type.shape[1] == 2,
        x_type.shape[0] == grid_type.shape[0],
    )


def _positions(grid: Any, h: int, w: int, clip_: Any) -> tuple[Any, Any]:
    """Points in pixels, on arrays or variables. Points that are a pixel or more outside are taken to be one outside."""
    u = clip_((grid[:, 0] + 1) * ((w - 1) / 2), -1, w)
    v = clip_((grid[:, 1] + 1) * ((h - 1) / 2), -1, h)
    return u, v


def _corners(u: NdArray, v: NdArray, h: int, w: int) -> tuple[NdArray, NdArray, list[NdArray]]:
    """Column and row before each point, and the places of its four neighbours in the flattened bordered images."""
    xp = backend.get_array_module(u)
    u0, v0 = xp.floor(u), xp.floor(v)
    with numpy.errstate(invalid="ignore"):  # a NaN in the grid is one in the weights, whatever pixel it picks
        column = xp.clip(u0.astype(xp.intp), -1, w) + 1
        row = xp.clip(v0.astype(xp.intp), -1, h) + 1
    image = xp.arange(len(u)).reshape(-1, 1, 1) * (h + 3)
    first = ((image + row) * (w + 3) + column).reshape(-1)
    return u0, v0, [first, first + 1, first + w + 3, first + w + 4]


def _interpolate(corners: list[Any], wu: Any, wv: Any) -> tuple[Any, Any, Any]:
    """The values at the points, and the values above and below; on arrays or variables."""
    above = corners[0] + (corners[1] - corners[0]) * wu
    below = corners[2] + (corners[3] - corners[2]) * wu
    return above + (below - above) * wv, above, below


class SpatialTransformerSampler(FunctionNode):
    """Node of :func:`spatial_transformer_sampler`. Channels come last in its memory: a point is a few rows of it."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "grid"))
        _check_types(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        x, grid = inputs
        self.retain_inputs((0, 1))
        corners, wu, wv, _, _ = _gather(x, grid)
        y, _, _ = _interpolate(corners, wu, wv)
        b, _, out_h, out_w = grid.shape
        return (y.reshape(b, out_h, out_w, x.shape[1]).transpose(0, 3, 1, 2),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, grid = self.get_retained_inputs()
        gxs = SpatialTransformerSamplerGrad().apply((x, grid, grad_outputs[0]))
        return tuple([gxs[i] for i in indexes])


def _gather(
    x: NdArray, grid: NdArray
) -> tuple[list[NdArray], NdArray, NdArray, list[NdArray], tuple[NdArray, NdArray]]:
    """Neighbours of the points, weights of those right and below, places of the neighbours, and the points."""
    xp = backend.get_array_module(x)
    b, c, h, w = x.shape
    u, v = _positions(grid, h, w, xp.clip)
    u0, v0, places = _corners(u, v, h, w)
    bordered = xp.zeros((b, h + 3, w + 3, c), x.dtype)
    bordered[:, 1:-2, 1:-2] = x.transpose(0, 2, 3, 1)
    rows = bordered.reshape(-1, c)
    return [rows[place] for place in places], (u - u0).reshape(-1, 1), (v - v0).reshape(-1, 1), places, (u, v)


class SpatialTransformerSamplerGrad(FunctionNode):
    """Gradients of :func:`spatial_transformer_sampler`, of ``(x, grid, gy)``."""

    def forward(self, inputs: Arrays) -> Arrays:
        x, grid, gy = inputs
        self.retain_inputs((0, 1, 2))
        xp = backend.get_array_module(x)
        b, c, h, w = x.shape
        corners, wu, wv, places, (u, v) = _gather(x, grid)
        _, above, below = _interpolate(corners, wu, wv)
        rows = xp.ascontiguousarray(gy.transpose(0, 2, 3, 1)).reshape(-1, c)

        bordered = xp.zeros((b, h + 3, w + 3, c), x.dtype)
        weights = ((1 - wu) * (1 - wv), wu * (1 - wv), (1 - wu) * wv, wu * wv)
        for place, weight in zip(places, weights):
            add_at(bordered.reshape(-1, c), (place,), rows * weight)
        gx = bordered[:, 1:-2, 1:-2].transpose(0, 3, 1, 2)

        across = (corners[1] - corners[0]) * (1 - wv) + (corners[3] - corners[2]) * wv
        gu = (rows * across).sum(axis=1).reshape(u.shape) * ((w - 1) / 2) * ((u > -1) & (u < w))
        gv = (rows * (below - above)).sum(axis=1).reshape(v.shape) * ((h - 1) / 2) * ((v > -1) & (v < h))
        return gx, xp.stack([gu, gv], axis=1)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, grid, gy = self.get_retained_inputs()
        gradients = second_gradients(_composed, (x, grid), (gy,), grad_outputs)
        return tuple([gradients[i] for i in indexes])


def _composed(x: Variable, grid: Variable) -> tuple[Variable]:
    """The same as :class:`SpatialTransformerSampler`, of simple functions."""
    b, c, h, w = x.shape
    u, v = _positions(grid, h, w, clip)
    u0, v0, places = _corners(u.array, v.array, h, w)
    rows = reshape(pad(transpose(x, (0, 2, 3, 1)), _BORDER, "constant"), (b * (h + 3) * (w + 3), c))
    wu, wv = (reshape(p - p0, (p0.size, 1)) for p, p0 in ((u, u0), (v, v0)))
    y, _, _ = _interpolate([rows[place] for place in places], wu, wv)
    return (transpose(reshape(y, (b, *grid.shape[2:], c)), (0, 3, 1, 2)),)


def spatial_transformer_sampler(x: VariableLike, grid: VariableLike, **kwargs: Any) -> Variable:
    """Samples images at the points of a grid, with bilinear interpolation.

    Coordinates run from -1 to 1 between the centres of the outermost pixels; outside of the images there are zeros.

    Args:
        x: Images, of a float dtype. Shape ``(B, C, H, W)``.
        grid: Points to sample, first their horizontal then their vertical coordinates, of the dtype of ``x``. See
            :func:`~chainer.functions.spatial_transformer_grid`. Shape ``(B, 2, H', W')``.
        kwargs: None is taken; ``use_cudnn`` is withdrawn.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, H', W')``.

    Raises:
        ValueError: ``use_cudnn`` is given.
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit.

    References:
        Jaderberg et al., *Spatial Transformer Networks*, NeurIPS 2015.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[[[0, 2, 4]]]], np.float32)
        >>> grid = np.array([[[[-1, 0.5]], [[-1, -1]]]], np.float32)
        >>> F.spatial_transformer_sampler(x, grid)
        variable([[[[0., 3.]]]])
    """
    refuse_arguments(kwargs)
    return SpatialTransformerSampler().apply((x, grid))[0]
