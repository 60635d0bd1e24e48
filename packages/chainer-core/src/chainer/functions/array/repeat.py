"""Repeating elements."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array._scatter import add_at
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

Repeats = int | tuple[int, ...]


class Repeat(FunctionNode):
    """Node of :func:`repeat`.

    Args:
        repeats: Number of times each element comes.
        axis: Axis to repeat along; ``None`` for that of the flattened array.
    """

    def __init__(self, repeats: Repeats, axis: int | None = None) -> None:
        if isinstance(repeats, int):
            repeats = (repeats,)
        elif not isinstance(repeats, tuple) or not all(isinstance(r, int) for r in repeats):
            raise TypeError(f"repeats must be int or tuple of ints, got {repeats!r}")
        if any(r < 0 for r in repeats):
            raise ValueError(f"all elements in repeats must be zero or larger, got {repeats}")
        if axis is not None and (not isinstance(axis, int) or isinstance(axis, bool)):
            raise TypeError(f"axis must be int or None, got {axis!r}")
        self.repeats = tuple([int(r) for r in repeats])
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        repeats = self.repeats
        return (x.repeat(repeats[0] if len(repeats) == 1 else repeats, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        node: Any = self.inputs[0]  # type: ignore[index]
        return RepeatGrad(self.repeats, self.axis, node.shape, node.dtype).apply(grad_outputs)


class RepeatGrad(FunctionNode):
    """Gradient of :func:`repeat`: sums over the repetitions.

    Args:
        repeats: As for :class:`Repeat`.
        axis: As for :class:`Repeat`.
        in_shape: Shape of the output.
        in_dtype: dtype of the output.
    """

    def __init__(self, repeats: tuple[int, ...], axis: int | None, in_shape: Shape, in_dtype: Any) -> None:
        self.repeats = repeats
        self.axis = axis
        self.in_shape = in_shape
        self.in_dtype = in_dtype

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        # With the axis first, or all flattened, repetitions are rows that follow each other.
        rows = gy if self.axis is None or gy.ndim < 2 else xp.moveaxis(gy, self.axis, 0)
        size = math.prod(self.in_shape)
        length = size if self.axis is None or not self.in_shape else self.in_shape[self.axis]
        if len(self.repeats) == 1:
            gx = rows.reshape(length, self.repeats[0], *rows.shape[1:]).sum(axis=1)
        else:
            gx = xp.zeros((length, *rows.shape[1:]), self.in_dtype)
            add_at(gx, (xp.repeat(xp.arange(length), self.repeats),), rows)
        if self.axis is not None and gy.ndim > 1:
            gx = xp.moveaxis(gx, 0, self.axis)
        return (gx.reshape(self.in_shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Repeat(self.repeats, self.axis).apply(grad_outputs)


def repeat(x: VariableLike, repeats: Repeats, axis: int | None = None) -> Variable:
    """Repeats each element along an axis.

    Args:
        x: Variable or array.
        repeats: Number of times each element comes, or a tuple of one number an element.
        axis: Axis to repeat along; ``None`` flattens ``x`` first.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``repeats`` is neither an int nor a tuple of ints, or ``axis`` neither an int nor ``None``.
        ValueError: A number is negative, or there are not as many as elements.
        numpy.exceptions.AxisError: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.repeat(np.array([[1, 2], [3, 4]], np.float32), (1, 2), axis=1)
        variable([[1., 2., 2.],
                  [3., 4., 4.]])
    """
    return Repeat(repeats, axis).apply((x,))[0]
