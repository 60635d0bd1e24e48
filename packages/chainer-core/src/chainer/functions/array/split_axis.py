"""Cutting an array into parts along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.concat import concat
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check

Sections = int | Sequence[int] | NdArray


def _sections_or_indices(value: Any) -> tuple[int | None, list[int] | None]:
    """The number of parts, or the indexes to cut at."""
    if isinstance(value, int):
        if value < 1:
            raise ValueError(f"indices_or_sections must be 1 or more if it is a number of sections, got {value}")
        return value, None
    if isinstance(value, numpy.ndarray | backend.cuda.ndarray):
        if value.ndim > 1 or value.size and value.dtype.kind not in "iu":
            raise TypeError(
                "indices_or_sections must be an integer or a 1-D array of integers, "
                f"got an array of {value.dtype} and shape {value.shape}"
            )
        value = value.tolist()
        return _sections_or_indices(value)
    if isinstance(value, list | tuple) and all(isinstance(i, int | numpy.integer) for i in value):
        return None, [int(i) for i in value]
    raise TypeError(f"indices_or_sections must be an integer or a 1-D array of integers, got {value!r}")


class SplitAxis(FunctionNode):
    """Node of :func:`split_axis`. The outputs are views.

    Args:
        indices_or_sections: Number of parts, or indexes to cut at.
        axis: Axis to cut.
    """

    def __init__(self, indices_or_sections: Sections, axis: int) -> None:
        if not isinstance(axis, int | numpy.integer):
            raise TypeError(f"axis must be int, got {axis!r}")
        self.sections, self.indices = _sections_or_indices(indices_or_sections)
        self.axis = axis

    @property
    def indices_or_sections(self) -> int | list[int]:
        """Number of parts, or the indexes to cut at."""
        return self.indices if self.sections is None else self.sections  # type: ignore[return-value]

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() == 1)
        (x_type,) = in_types
        axis = self.axis
        if axis >= 0:
            type_check.expect(x_type.ndim > axis)
        else:
            type_check.expect(-x_type.ndim <= axis)
        if self.sections is not None:
            sections = type_check.make_variable(self.sections, "sections")
            type_check.expect(x_type.shape[axis] % sections == 0)
        elif self.indices:
            type_check.expect(x_type.shape[axis] >= type_check.make_variable(max(self.indices), "max_index"))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        n = x.shape[self.axis]
        if self.sections is None:
            bounds = [0, *self.indices, n]  # type: ignore[misc]
        else:
            length = n // self.sections
            bounds = [i * length for i in range(self.sections + 1)]
        lead = (slice(None),) * (self.axis % x.ndim)
        ys = tuple([x[(*lead, slice(start, stop))] for start, stop in zip(bounds, bounds[1:])])
        self._shapes = [y.shape for y in ys]
        return ys

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (concat(fill_missing(self, grad_outputs), self.axis),)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        gys = fill_missing(self, grad_outputs)
        return (backend.get_array_module(*gys).concatenate(gys, self.axis),)


def fill_missing(node: FunctionNode, grad_outputs: Any) -> list[Any]:
    """Gradients of all outputs, with zeros for those on which nothing depends.

    Args:
        node: Function that noted the shapes of its outputs in ``_shapes``.
        grad_outputs: Their gradients, arrays or variables; at least one is there.
    """
    known = next(gy for gy in grad_outputs if gy is not None)
    zeros = backend.get_array_module(known).zeros
    return [
        zeros(shape, known.dtype) if gy is None else gy
        for gy, shape in zip(grad_outputs, node._shapes)  # type: ignore[attr-defined]
    ]


def split_axis(x: VariableLike, indices_or_sections: Sections, axis: int, force_tuple: bool = True) -> Any:
    """Cuts an array into parts along an axis.

    Args:
        x: Variable or array.
        indices_or_sections: Number of parts of equal length, or a 1-D array of ascending indexes to cut at: with
            ``[2, 3]`` the parts are ``x[:2]``, ``x[2:3]`` and ``x[3:]``.
        axis: Axis to cut.
        force_tuple: Whether the result is a tuple even if there is one part.

    Returns:
        Tuple of variables, which are views of ``x``; the only one itself if there is one and ``force_tuple`` is false.

    Raises:
        TypeError: ``indices_or_sections`` is neither an integer nor a 1-D array of integers.
        ValueError: ``indices_or_sections`` is an integer below 1.
        chainer.utils.type_check.InvalidType: The axis is not there, or is not long enough, or its length is no multiple
            of the number of parts.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.split_axis(np.arange(4, dtype=np.float32), [1], axis=0)
        (variable([0.]), variable([1., 2., 3.]))
    """
    ys = SplitAxis(indices_or_sections, axis).apply((x,))
    return ys[0] if len(ys) == 1 and not force_tuple else ys
