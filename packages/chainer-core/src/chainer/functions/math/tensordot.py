"""Tensor contraction over axes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.transpose import transpose
from chainer.functions.math._half import by_way_of_float32
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

Axes = tuple[int, ...]


class TensorDot(FunctionNode):
    """Node of :func:`tensordot`.

    Args:
        a_axes: Axes of ``a`` to sum over.
        b_axes: Axes of ``b`` to sum over, in the order of ``a_axes``.
        dtype: Dtype of the result; ``None`` takes that of the inputs.
    """

    def __init__(self, a_axes: Axes, b_axes: Axes, dtype: Any = None) -> None:
        self.a_axes = a_axes
        self.b_axes = b_axes
        self.dtype = dtype

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a", "b"))
        a, b = in_types
        type_check.expect(a.dtype.kind == "f", b.dtype.kind == "f")
        for i, j in zip(self.a_axes, self.b_axes):
            type_check.expect(a.shape[i] == b.shape[j])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        tensordot = functools.partial(backend.get_array_module(*inputs).tensordot, axes=(self.a_axes, self.b_axes))
        y = by_way_of_float32(tensordot, *inputs)
        return (y if self.dtype is None else y.astype(self.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        a, b = self.get_retained_inputs()
        (gy,) = grad_outputs
        a_free = tuple([i for i in range(a.ndim) if i not in self.a_axes])
        b_free = tuple([i for i in range(b.ndim) if i not in self.b_axes])
        n = len(a_free)
        results = []
        for i in indexes:
            if i == 0:  # the axes come out as a's free ones, then those of b that were summed, in b's order
                (gx,) = TensorDot(tuple(range(n, n + len(b_free))), b_free, a.dtype).apply((gy, b))
                came = (*a_free, *[self.a_axes[self.b_axes.index(j)] for j in sorted(self.b_axes)])
            else:  # those of a that were summed, in a's order, then b's free ones
                (gx,) = TensorDot(a_free, tuple(range(n)), b.dtype).apply((a, gy))
                came = (*[self.b_axes[self.a_axes.index(j)] for j in sorted(self.a_axes)], *b_free)
            order = tuple([came.index(j) for j in range(len(came))])
            results.append(gx if order == tuple(range(len(order))) else transpose(gx, order))
        return tuple(results)


def tensordot(a: VariableLike, b: VariableLike, axes: int | Sequence[Any] = 2) -> Variable:
    """Sums products of elements over axes of two arrays.

    Args:
        a: Variable or array of a float dtype.
        b: Variable or array of a float dtype.
        axes: Number of axes to sum over: the last ones of ``a`` with the first ones of ``b``. Or a pair of axes, or
            of sequences of axes: those of ``a``, and in their order those of ``b``.

    Returns:
        Variable whose axes are the others of ``a``, then the others of ``b``.

    Raises:
        TypeError: ``axes`` is neither an int nor a pair.
        ValueError: It asks for more axes than there are, or not for as many of ``a`` as of ``b``.
        chainer.utils.type_check.InvalidType: Lengths of axes do not match, or a dtype is not a float.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> a, b = np.ones((2, 3, 4), np.float32), np.ones((4, 3, 5), np.float32)
        >>> F.tensordot(a, b, axes=((1, 2), (1, 0))).shape
        (2, 5)
    """
    a_axes, b_axes = _pair_of_axes(axes, a.ndim, b.ndim)
    return TensorDot(a_axes, b_axes).apply((a, b))[0]


def _pair_of_axes(axes: int | Sequence[Any], a_ndim: int, b_ndim: int) -> tuple[Axes, Axes]:
    if isinstance(axes, int):
        n = max(axes, 0)
        if n > min(a_ndim, b_ndim):
            raise ValueError(f"axes must be at most the number of axes of a and b, got {n} for {a_ndim} and {b_ndim}")
        return tuple(range(a_ndim - n, a_ndim)), tuple(range(n))
    if not isinstance(axes, tuple | list):
        raise TypeError(f"axes must be an int or a pair of sequences of ints, got {axes!r}")
    if len(axes) != 2:
        raise ValueError(f"axes must be a pair of sequences of ints, got {len(axes)} entries")
    a_axes, b_axes = [tuple(given) if isinstance(given, tuple | list) else (given,) for given in axes]
    if len(a_axes) != len(b_axes):
        raise ValueError(f"axes must name as many axes of a as of b, got {a_axes} and {b_axes}")
    for given, ndim in ((a_axes, a_ndim), (b_axes, b_ndim)):
        if any(not -ndim <= axis < ndim for axis in given):
            raise IndexError(f"axes must be within the {ndim} axes of the array, got {given}")
    return tuple([axis % a_ndim for axis in a_axes]), tuple([axis % b_ndim for axis in b_axes])
