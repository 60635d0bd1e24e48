"""Indexing."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.variable import Variable, as_array

_BASIC = (int, slice, type(None), type(Ellipsis), numpy.integer)


def _normalise(slices: Any) -> tuple[Any, ...]:
    """Indexes as a tuple of what NumPy takes; variables and lists as arrays."""
    if isinstance(slices, list) and all(isinstance(s, int | numpy.integer) for s in slices):
        slices = (numpy.asarray(slices, dtype=numpy.intp),)
    elif isinstance(slices, list):
        slices = (numpy.asarray(slices),) if not any(isinstance(s, slice) for s in slices) else tuple(slices)
    elif not isinstance(slices, tuple):
        slices = (slices,)
    normal = tuple(
        [as_array(s) if isinstance(s, Variable) else numpy.asarray(s) if isinstance(s, list) else s for s in slices]
    )
    if sum(s is Ellipsis for s in normal) > 1:
        raise ValueError("Only one Ellipsis is allowed")
    return normal


class GetItem(FunctionNode):
    """Node of :func:`get_item`."""

    def __init__(self, slices: Any) -> None:
        self.slices = _normalise(slices)

    @property
    def is_basic(self) -> bool:
        """Whether the indexes select each element at most once, as slices do."""
        return all(isinstance(s, _BASIC) and not isinstance(s, bool) for s in self.slices)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0][self.slices],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        node = self.inputs[0]  # type: ignore[index]
        return GetItemGrad(self, node.shape, node.dtype).apply(grad_outputs)  # type: ignore[arg-type]


class GetItemGrad(FunctionNode):
    """Gradient of :func:`get_item`: zeros, with the gradient added where the elements came from."""

    def __init__(self, get_item: GetItem, in_shape: Any, in_dtype: Any) -> None:
        self.get_item = get_item
        self._in_shape = in_shape
        self._in_dtype = in_dtype

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        gx = xp.zeros(self._in_shape, self._in_dtype)
        if self.get_item.is_basic:
            gx[self.get_item.slices] = gy
        else:
            xp.add.at(gx, self.get_item.slices, gy)
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (get_item(grad_outputs[0], self.get_item.slices),)


def get_item(x: VariableLike, slices: Any) -> Variable:
    """Elements of an array; what ``x[slices]`` does.

    Args:
        x: Variable or array.
        slices: An integer, slice, ``Ellipsis``, ``None``, integer or boolean array, or a tuple of these.

    Returns:
        Variable; a view for plain slices.

    Raises:
        IndexError: The indexes do not fit the shape.
        ValueError: More than one ``Ellipsis``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.get_item(np.arange(6, dtype=np.float32).reshape(2, 3), (0, slice(1, None)))
        variable([1., 2.])
    """
    return GetItem(slices).apply((x,))[0]


def install_variable_get_item() -> None:
    """Gives :class:`chainer.Variable` its indexing."""
    Variable.__getitem__ = get_item  # type: ignore[method-assign]
