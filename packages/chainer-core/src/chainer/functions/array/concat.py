"""Joining arrays along an axis that they have."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Concat(FunctionNode):
    """Node of :func:`concat`. Asks for the kernel ``concat(xs, axis)``, which returns the output.

    Args:
        axis: Axis to join along.
    """

    takes_raw = True

    def __init__(self, axis: int = 1) -> None:
        if not isinstance(axis, int):
            raise TypeError(f"axis must be int, got {axis!r}")
        self.axis = axis

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 0)
        first, axis = in_types[0], self.axis
        if axis >= 0:
            type_check.expect(first.ndim > type_check.make_variable(axis, "axis"))
        else:
            type_check.expect(-first.ndim <= axis)
        ndim = type_check.eval(first.ndim)
        kept = [d for d in range(ndim) if d != axis % ndim]
        for other in in_types[1:]:
            type_check.expect(first.dtype == other.dtype, first.ndim == other.ndim)
            for d in kept:
                type_check.expect(first.shape[d] == other.shape[d])

    def forward(self, inputs: Arrays) -> Arrays:
        kernel = kernels.find("concat", *inputs)
        if kernel is not None:
            return (kernel(inputs, self.axis),)
        return (backend.get_array_module(*inputs).concatenate(inputs, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.split_axis import split_axis

        if len(self.inputs) == 1:  # type: ignore[arg-type]
            return grad_outputs
        gxs = split_axis(grad_outputs[0], self._ends()[:-1], self.axis)
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        ends = self._ends()
        lead = (slice(None),) * (self.axis % gy.ndim)
        return tuple([gy[(*lead, slice(ends[i - 1] if i else 0, ends[i]))] for i in indexes])

    def _ends(self) -> list[int]:
        """Where each input ends in the output."""
        inputs: Any = self.inputs
        return list(accumulate([node.shape[self.axis] for node in inputs]))


def concat(xs: Iterable[VariableLike], axis: int = 1) -> Variable:
    """Joins arrays along an axis that they have.

    Args:
        xs: Variables or arrays, of one dtype, and of one shape but for the length of ``axis``.
        axis: Axis to join along.

    Returns:
        Variable, as long along ``axis`` as all of ``xs`` together.

    Raises:
        TypeError: ``axis`` is not an int.
        chainer.utils.type_check.InvalidType: ``xs`` is empty, or shapes or dtypes differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.concat((np.zeros((2, 3), np.float32), np.zeros((2, 1), np.float32)), axis=1).shape
        (2, 4)
    """
    return Concat(axis).apply(tuple(xs))[0]
