"""Axes that a function goes over: their checks, and the shape that a reduction over them keeps."""

from __future__ import annotations

from typing import Any

from chainer.types import AxisLike, NdArray, Shape
from chainer.utils import type_check
from chainer.variable import Variable


def check_axes(axis: AxisLike) -> tuple[int, ...] | None:
    """Axes as a tuple, or ``None`` for all.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice.
    """
    if axis is None:
        return None
    if isinstance(axis, int):
        return (axis,)
    if not isinstance(axis, tuple | list) or not all(isinstance(a, int) for a in axis):
        raise TypeError(f"axis must be None, an int or a tuple of ints, got {axis!r}")
    if len(set(axis)) != len(axis):
        raise ValueError(f"duplicate value in axis: {tuple(axis)}")
    return tuple(axis)


def expect_axes(x_type: Any, axis: tuple[int, ...] | None) -> None:
    """Requires that an input has all the axes."""
    for a in axis or ():
        type_check.expect(a < x_type.ndim, -x_type.ndim <= a)


def kept_shape(shape: Shape, axis: tuple[int, ...] | None) -> Shape:
    """Shape after a reduction over ``axis`` that keeps the axes, with length 1."""
    if axis is None:
        return (1,) * len(shape)
    reduced = {a % len(shape) for a in axis}
    return tuple([1 if i in reduced else n for i, n in enumerate(shape)])


def keep_axes(y: Variable, shape: Shape, axis: tuple[int, ...] | None) -> Variable:
    """The result of a reduction, or its gradient, with the axes of ``shape`` that were reduced back, of length 1."""
    from chainer.functions.array.reshape import reshape

    return reshape(y, kept_shape(shape, axis)) if y.ndim != len(shape) else y


def check_axis(axis: int | None) -> int | None:
    """The axis itself.

    Raises:
        TypeError: It is neither ``None`` nor an int.
    """
    if axis is not None and not isinstance(axis, int):
        raise TypeError(f"axis must be None or an int, got {axis!r}")
    return axis


def expect_axis(x_type: Any, axis: int | None) -> None:
    """Requires that an input has the axis."""
    if axis is not None:
        type_check.expect(axis < x_type.ndim, -x_type.ndim <= axis)


def reversed_along(x: NdArray, axis: int) -> NdArray:
    """A view of an array from the end of an axis."""
    return x[(slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)]
