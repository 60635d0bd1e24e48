"""Repeating an array as a whole."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Tile(FunctionNode):
    """Node of :func:`tile`.

    Args:
        reps: Number of repetitions along each of the last axes.
    """

    def __init__(self, reps: int | tuple[int, ...]) -> None:
        if isinstance(reps, int):
            reps = (reps,)
        elif not isinstance(reps, tuple) or not all(isinstance(r, int) for r in reps):
            raise TypeError(f"reps must be int or tuple of ints, got {reps!r}")
        if any(r < 0 for r in reps):
            raise ValueError(f"all elements in reps must be zero or larger, got {reps}")
        self.reps = reps

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).tile(x, self.reps),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        n = max(len(shape), len(self.reps))
        reps = (1,) * (n - len(self.reps)) + self.reps
        padded = (1,) * (n - len(shape)) + shape
        # Each axis of the output is one of repetitions, then one of the input.
        apart = reshape(grad_outputs[0], tuple([length for pair in zip(reps, padded) for length in pair]))
        return (reshape(_sum(apart, tuple(range(0, 2 * n, 2))), shape),)


def tile(x: VariableLike, reps: int | tuple[int, ...]) -> Variable:
    """Repeats an array as a whole.

    Args:
        x: Variable or array.
        reps: Number of repetitions along each of the last axes. If there are more of them than axes, ``x`` gets axes
            of length one in front.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``reps`` is neither an int nor a tuple of ints.
        ValueError: A number is negative.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.tile(np.array([1, 2], np.float32), (2, 2))
        variable([[1., 2., 1., 2.],
                  [1., 2., 1., 2.]])
    """
    return Tile(reps).apply((x,))[0]
