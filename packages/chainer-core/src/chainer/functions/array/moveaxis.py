"""Moving axes, the others staying in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

Axes = int | Sequence[int]


def _as_tuple(axis: Axes, name: str) -> tuple[int, ...]:
    axes = (axis,) if isinstance(axis, int) else axis
    if not isinstance(axes, tuple | list) or not all(isinstance(a, int) for a in axes):
        raise TypeError(f"{name} must be an int or a sequence of ints, got {axis!r}")
    return tuple(axes)


class Moveaxis(FunctionNode):
    """Node of :func:`moveaxis`.

    Args:
        source: Axes to move.
        destination: Where to.
    """

    def __init__(self, source: Axes, destination: Axes) -> None:
        self.source = _as_tuple(source, "source")
        self.destination = _as_tuple(destination, "destination")
        if len(self.source) != len(self.destination):
            raise ValueError(
                f"source and destination must have the same number of axes, got {self.source} and {self.destination}"
            )

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        for axis in self.source + self.destination:
            type_check.expect(in_types[0].ndim > (axis if axis >= 0 else -axis - 1))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).moveaxis(x, self.source, self.destination),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Moveaxis(self.destination, self.source).apply(grad_outputs)


def moveaxis(x: VariableLike, source: Axes, destination: Axes) -> Variable:
    """Moves axes to other places; the others stay in order.

    Args:
        x: Variable or array.
        source: Axis, or sequence of axes, to move.
        destination: Where each is found in the result.

    Returns:
        Variable, a view of ``x``.

    Raises:
        TypeError: An argument is neither an int nor a sequence of ints.
        ValueError: An axis is named twice, or not as many destinations as sources are given.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.moveaxis(np.zeros((2, 3, 4), np.float32), 0, -1).shape
        (3, 4, 2)
    """
    return Moveaxis(source, destination).apply((x,))[0]
