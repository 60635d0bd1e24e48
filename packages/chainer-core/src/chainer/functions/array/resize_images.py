"""Images in another resolution."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

Size = tuple[int, int]


def _sources(n_out: int, n_in: int, mode: str, align_corners: bool, xp: Any) -> tuple[NdArray, NdArray]:
    """For each pixel along an axis of the result, the pixel of the input before it, and how far it lies behind that."""
    if mode == "nearest":
        index = xp.floor(xp.arange(n_out) * (n_in / n_out)).astype(xp.intp)
        return index, xp.zeros(n_out)
    if align_corners:
        position = xp.linspace(0, n_in - 1, n_out)
    else:
        position = xp.clip((xp.arange(n_out) + 0.5) * (n_in / n_out) - 0.5, 0, None)
    index = xp.floor(position).astype(xp.intp)
    return index, position - index


def compute_indices_and_weights(
    out_size: Size, in_size: Size, mode: str, align_corners: bool, xp: Any
) -> tuple[NdArray, NdArray, NdArray, NdArray]:
    """Where the rows and columns of the result come from.

    Args:
        out_size: Height and width of the result.
        in_size: Height and width of the images.
        mode: ``"bilinear"`` or ``"nearest"``.
        align_corners: As for :func:`resize_images`.
        xp: Array module.

    Returns:
        Index of the row before each row of the result, the same for columns, and the weights of what comes after
        them: of the next row and of the next column.
    """
    v, vw = _sources(out_size[0], in_size[0], mode, align_corners, xp)
    u, uw = _sources(out_size[1], in_size[1], mode, align_corners, xp)
    return v, u, vw, uw


def _interpolated(x: NdArray, index: NdArray, weight: NdArray, axis: int) -> NdArray:
    """Between each ``index`` along an axis and the next, at ``weight``."""
    y = x.take(index, axis)
    if weight.any():
        step = x.take(backend.get_array_module(x).minimum(index + 1, x.shape[axis] - 1), axis)
        step -= y
        step *= weight.astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
        y += step
    return y


def _matrix(index: NdArray, weight: NdArray, n_in: int, dtype: Any) -> NdArray:
    """The same as :func:`_interpolated`, as a matrix. Shape ``(len(index), n_in)``."""
    xp = backend.get_array_module(index)
    matrix = xp.zeros((len(index), n_in), dtype)
    rows = xp.arange(len(index))
    matrix[rows, index] = 1 - weight
    matrix[rows, xp.minimum(index + 1, n_in - 1)] += weight
    return matrix


def interpolate_bilinear_cpu(x: NdArray, v: NdArray, u: NdArray, vw: NdArray, uw: NdArray) -> NdArray:
    """Interpolates between rows, then between columns.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        v: Rows, as :func:`compute_indices_and_weights` gives them.
        u: Columns.
        vw: Weights of the rows after.
        uw: Weights of the columns after.

    Returns:
        Array of the dtype of ``x``. Shape ``(B, C, len(v), len(u))``.
    """
    return _interpolated(_interpolated(x, v, vw, 2), u, uw, 3)


def interpolate_grad_bilinear_cpu(
    gy: NdArray, v: NdArray, u: NdArray, vw: NdArray, uw: NdArray, H: int, W: int
) -> NdArray:
    """Gradient of :func:`interpolate_bilinear_cpu`: products with matrices, as adding at indexes is slower.

    Args:
        gy: Gradient of the result. Shape ``(B, C, len(v), len(u))``.
        v: As for :func:`interpolate_bilinear_cpu`.
        u: Likewise.
        vw: Likewise.
        uw: Likewise.
        H: Height of the images.
        W: Width of the images.

    Returns:
        Array of the dtype of ``gy``. Shape ``(B, C, H, W)``.
    """
    dtype = numpy.promote_types(gy.dtype, numpy.float32)  # float16 has no fast product
    gx = _matrix(v, vw, H, dtype).T @ (gy.astype(dtype, copy=False) @ _matrix(u, uw, W, dtype))
    return gx.astype(gy.dtype, copy=False)


interpolate_bilinear_gpu = interpolate_bilinear_cpu
interpolate_grad_bilinear_gpu = interpolate_grad_bilinear_cpu


class ResizeImages(FunctionNode):
    """Node of :func:`resize_images`.

    Args:
        output_shape: Height and width of the result.
        mode: As for :func:`resize_images`.
        align_corners: As for :func:`resize_images`.
    """

    def __init__(self, output_shape: Size, mode: str, align_corners: bool) -> None:
        self.out_H, self.out_W = output_shape
        self.mode = mode
        self.align_corners = align_corners

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == 4)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        xp = backend.get_array_module(x)
        sources = compute_indices_and_weights((self.out_H, self.out_W), x.shape[2:], self.mode, self.align_corners, xp)
        return (interpolate_bilinear_cpu(x, *sources),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        return ResizeImagesGrad(shape, (self.out_H, self.out_W), self.mode, self.align_corners).apply(grad_outputs)


class ResizeImagesGrad(FunctionNode):
    """Gradient of :func:`resize_images`.

    Args:
        input_shape: Shape of the output.
        output_shape: Height and width of the input.
        mode: As for :func:`resize_images`.
        align_corners: As for :func:`resize_images`.
    """

    def __init__(self, input_shape: Shape, output_shape: Size, mode: str, align_corners: bool) -> None:
        self.in_H, self.in_W = input_shape[2:]
        self.out_H, self.out_W = output_shape
        self.mode = mode
        self.align_corners = align_corners

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("gy",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == 4)

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        sources = compute_indices_and_weights(
            (self.out_H, self.out_W), (self.in_H, self.in_W), self.mode, self.align_corners, xp
        )
        return (interpolate_grad_bilinear_cpu(gy, *sources, self.in_H, self.in_W),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return ResizeImages((self.out_H, self.out_W), self.mode, self.align_corners).apply(grad_outputs)


def resize_images(
    x: VariableLike, output_shape: Size, *, mode: str = "bilinear", align_corners: bool = True
) -> Variable:
    """Resizes images.

    Args:
        x: Variable or array of a float dtype. Shape ``(B, C, H, W)``.
        output_shape: Height and width of the result, in pixels.
        mode: ``"bilinear"``, or ``"nearest"``.
        align_corners: Whether the centres of the corner pixels of image and result coincide; otherwise their corners
            do. Has no effect on ``"nearest"``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C, *output_shape)``.

    Raises:
        ValueError: ``mode`` is unknown, or a size is not positive.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or has not four axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.resize_images(np.array([[[[0, 2]]]], np.float32), (1, 3))
        variable([[[[0., 1., 2.]]]])
    """
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"mode must be 'bilinear' or 'nearest', got {mode!r}")
    if len(output_shape) != 2 or min(output_shape) < 1:
        raise ValueError(f"output_shape must be two positive ints, got {output_shape!r}")
    return ResizeImages(output_shape, mode, align_corners).apply((x,))[0]
