"""Adding to selected elements."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array._scatter import add_at
from chainer.functions.array.cast import cast
from chainer.functions.array.get_item import get_item, normalised
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class ScatterAdd(FunctionNode):
    """Node of :func:`scatter_add`.

    Args:
        slices: Indexes, as for :func:`scatter_add`.
    """

    def __init__(self, slices: Any) -> None:
        self.slices = normalised(slices)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a", "b"))

    def forward(self, inputs: Arrays) -> Arrays:
        a, b = inputs
        y = a.copy(order="C")
        add_at(y, self.slices, b)
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        b: Any = self.inputs[1]  # type: ignore[index]
        return tuple([gy if i == 0 else cast(sum_to(get_item(gy, self.slices), b.shape), b.dtype) for i in indexes])


def scatter_add(a: VariableLike, slices: Any, b: VariableLike) -> Variable:
    """A copy of ``a`` with ``b`` added to ``a[slices]``; where an index comes twice, twice.

    Args:
        a: Variable or array.
        slices: An integer, slice, ``Ellipsis``, ``None``, integer or boolean array, or a tuple of these.
        b: Variable or array that can be broadcast to ``a[slices]``.

    Returns:
        Variable of the shape and dtype of ``a``.

    Raises:
        IndexError: The indexes do not fit the shape, or there is more than one ``Ellipsis``.
        ValueError: The shape of ``b`` does not fit.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.scatter_add(np.zeros(3, np.float32), np.array([0, 0, 2]), np.ones(3, np.float32))
        variable([2., 0., 1.])
    """
    return ScatterAdd(slices).apply((a, b))[0]
