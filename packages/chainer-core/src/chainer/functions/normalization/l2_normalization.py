"""Normalization by the Euclidean norm."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.math.sqrt import sqrt
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class NormalizeL2(FunctionNode):
    """Node of :func:`normalize`.

    Attributes:
        eps: Added to the norm.
        axis: Axes of the vectors, a tuple.
    """

    def __init__(self, eps: float = 1e-5, axis: int | tuple[int, ...] = 1) -> None:
        self.eps = float(eps)
        axes = axis if isinstance(axis, tuple) else (axis,)
        if not all(isinstance(a, int | numpy.integer) for a in axes):
            raise TypeError(f"axis must be an int or a tuple of ints, got {axis!r}")
        self.axis = tuple([int(a) for a in axes])
        if len(set(self.axis)) != len(self.axis):
            raise ValueError(f"duplicate value in axis: {self.axis}")

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        for axis in self.axis:
            type_check.expect(axis < in_types[0].ndim, -in_types[0].ndim <= axis)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        (x,) = inputs
        xp = backend.get_array_module(x)
        norm = xp.sqrt(xp.sum(x * x, axis=self.axis, keepdims=True))
        norm += self.eps
        return (x / norm,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        # y = x / (n + eps) with n = |x|: gx = gy / (n + eps) - x <x, gy> / (n (n + eps)^2).
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        square = _sum(x * x, self.axis, keepdims=True)
        # The norm of a zero vector has no derivative; a 1 in its place makes the second term vanish.
        is_zero: Any = square.array == 0
        is_zero = is_zero.astype(x.dtype)
        n = sqrt(square + is_zero)
        norm = n - is_zero + self.eps
        dot = _sum(x * gy, self.axis, keepdims=True)
        return (gy / broadcast_to(norm, x.shape) - x * broadcast_to(dot / (n * norm * norm), x.shape),)


def normalize(x: VariableLike, eps: float = 1e-5, axis: int | tuple[int, ...] = 1) -> Variable:
    r"""Divides vectors by their Euclidean norm, :math:`y = x / (\|x\|_2 + \epsilon)`.

    Args:
        x: Variable or array of a float dtype.
        eps: Added to the norm.
        axis: Axis, or tuple of axes, along which the vectors lie.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: There is no such axis, or ``x`` is not of a float dtype.
        TypeError: ``axis`` is neither an int nor a tuple of ints.
        ValueError: An axis is given twice.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.normalize(np.array([[3, 4]], np.float32), eps=0)
        variable([[0.6, 0.8]])
    """
    return NormalizeL2(eps, axis).apply((x,))[0]
