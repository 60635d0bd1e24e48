"""Affine maps."""

from __future__ import annotations

import math
from typing import Any

import numpy

from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions._gathered import gather
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class LinearFunction(FunctionNode):
    """Node of :func:`linear`: one matrix product, on matrices alone.

    The kernel ``linear(x, W, b)`` returns the output; ``b`` is ``None`` without bias. The kernel
    ``linear_backward(gy, other, is_weight)`` returns ``gy other``, the gradient of the input from the weight, or
    ``gy^T other``, that of the weight from the input; or ``None`` to leave it to the plain body.
    """

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "W", "b") if len(in_types) == 3 else ("x", "W"))
        x_type, w_type = in_types[:2]
        type_check.expect(
            x_type.dtype.kind == "f",
            w_type.dtype.kind == "f",
            x_type.ndim == 2,
            w_type.ndim == 2,
        )
        type_check.expect(x_type.shape[1] == w_type.shape[1])
        if len(in_types) == 3:
            b_type = in_types[2]
            type_check.expect(b_type.dtype == x_type.dtype, b_type.ndim == 1)
            type_check.expect(b_type.shape[0] == w_type.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, W = inputs[:2]
        b = inputs[2] if len(inputs) == 3 else None
        kernel = kernels.find("linear", x)
        if kernel is not None:
            return (kernel(x, W, b),)
        y = _product(x, W)
        if b is not None:
            y += b
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W = self.get_retained_inputs()
        (gy,) = grad_outputs
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients += LinearGradData().apply((W, gy))
            elif i == 1:
                gradients += LinearGradWeight(W.dtype).apply((x, gy))
            else:
                gradients.append(_sum(gy, axis=0))
        return tuple(gradients)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, W = self.get_retained_input_arrays()
        (gy,) = grad_outputs
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients.append(_grad_data(W, gy))
            elif i == 1:
                node = self.inputs[1]  # type: ignore[index]
                gathered = gather(_sum_of_products, (gy, x), node, W.shape, W.dtype)
                gradients.append(_grad_weight(x, gy, W.dtype) if gathered is None else gathered)
            else:
                gradients.append(gy.sum(axis=0))
        return tuple(gradients)


def _sum_of_products(gy: NdArray, x: NdArray, shape: Shape, dtype: Any) -> NdArray:
    return _grad_weight(x, gy, dtype)


def _dot(a: NdArray, b: NdArray) -> NdArray:
    """Matrix product. BLAS knows no float16, and NumPy's own loops take 70 times as long as float32 and back."""
    if a.dtype.char == "e" and type(a) is numpy.ndarray:
        return a.astype(numpy.float32).dot(b.astype(numpy.float32, copy=False))
    return a.dot(b)


def _product(x: NdArray, W: NdArray) -> NdArray:
    y = _dot(x, W.T)
    return y if y.dtype == x.dtype else y.astype(x.dtype)


def _grad_data(W: NdArray, gy: NdArray) -> NdArray:
    gx = _backward_product(gy, W, False)
    return gx if gx.dtype == gy.dtype else gx.astype(gy.dtype)


def _grad_weight(x: NdArray, gy: NdArray, dtype: Any) -> NdArray:
    gW = _backward_product(gy, x, True)
    return gW if gW.dtype == dtype else gW.astype(dtype)


def _backward_product(gy: NdArray, other: NdArray, is_weight: bool) -> NdArray:
    kernel = kernels.find("linear_backward", gy)
    if kernel is not None and (gradient := kernel(gy, other, is_weight)) is not None:
        return gradient
    return _dot(gy.T if is_weight else gy, other)


class LinearGradData(FunctionNode):
    """Gradient of :func:`linear` by its input, :math:`g_y W`."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        W, gy = inputs
        return (_grad_data(W, gy),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        W, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients += LinearGradWeight(W.dtype).apply((ggx, gy))
            else:
                gradients += LinearFunction().apply((ggx, W))
        return tuple(gradients)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        W, gy = self.get_retained_input_arrays()
        (ggx,) = grad_outputs
        return tuple([_grad_weight(ggx, gy, W.dtype) if i == 0 else _product(ggx, W) for i in indexes])


class LinearGradWeight(FunctionNode):
    r"""Gradient of :func:`linear` by its weight, :math:`g_y^\top x`.

    Args:
        w_dtype: dtype of the weight.
    """

    def __init__(self, w_dtype: Any) -> None:
        self._w_dtype = w_dtype

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        return (_grad_weight(x, gy, self._w_dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gy = self.get_retained_inputs()
        (ggW,) = grad_outputs
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gradients += LinearGradData().apply((ggW, gy))
            else:
                gradients += LinearFunction().apply((x, ggW))
        return tuple(gradients)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, gy = self.get_retained_input_arrays()
        (ggW,) = grad_outputs
        return tuple([_grad_data(ggW, gy) if i == 0 else _product(x, ggW) for i in indexes])


def linear(x: VariableLike, W: VariableLike, b: VariableLike | None = None, n_batch_axes: int = 1) -> Variable:
    r"""Affine map :math:`y = x W^\top + b` of each element of a batch.

    Args:
        x: Batch of inputs. Its first ``n_batch_axes`` axes are the batch, the others are flattened
            into one of length ``in_size``. Shape ``(B_1, ..., B_n, ...)``.
        W: Weight. Shape ``(out_size, in_size)``.
        b: Bias, or ``None`` for none. Shape ``(out_size,)``.
        n_batch_axes: Number of batch axes, at least 1.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B_1, ..., B_n, out_size)``.

    Raises:
        ValueError: ``n_batch_axes`` is less than 1.
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 2]], np.float32)
        >>> F.linear(x, np.array([[1, 1], [0, 1], [1, 0]], np.float32), np.array([0, 1, 2], np.float32))
        variable([[3., 3., 3.]])
    """
    if n_batch_axes == 1:
        if x.ndim > 2:
            x = x.reshape(x.shape[0], math.prod(x.shape[1:]))
        return LinearFunction().apply((x, W) if b is None else (x, W, b))[0]
    if n_batch_axes < 1:
        raise ValueError(f"n_batch_axes must be at least 1, got {n_batch_axes}")
    batch_shape = x.shape[:n_batch_axes]
    y = linear(x.reshape(math.prod(batch_shape), math.prod(x.shape[n_batch_axes:])), W, b)
    return y.reshape((*batch_shape, W.shape[0]))
