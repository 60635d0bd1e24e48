"""Indexing."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array._scatter import add_at, selects_once
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.variable import Variable, as_array


def normalised(slices: Any) -> tuple[Any, ...]:
    """Indexes as a tuple of what NumPy takes; variables and lists as arrays."""
    if isinstance(slices, list):
        # A list of numbers is an index array; any other list is a tuple of indexes.
        slices = (slices,) if all(isinstance(s, int | numpy.integer) for s in slices) else tuple(slices)
    elif not isinstance(slices, tuple):
        slices = (slices,)
    return tuple([_as_index(s) if isinstance(s, Variable | list | tuple) else s for s in slices])


def _as_index(s: Any) -> Any:
    return as_array(s) if isinstance(s, Variable) else numpy.asarray(s, None if s else numpy.intp)


class GetItem(FunctionNode):
    """Node of :func:`get_item`.

    Args:
        slices: Indexes, as for :func:`get_item`.
    """

    def __init__(self, slices: Any) -> None:
        self.slices = normalised(slices)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0][self.slices],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return GetItemGrad(self.slices, self.inputs[0].shape).apply(grad_outputs)  # type: ignore[arg-type,index]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (_put(grad_outputs[0], self.slices, self.inputs[0].shape),)  # type: ignore[index,arg-type]


def _put(gy: NdArray, slices: tuple[Any, ...], shape: Shape) -> NdArray:
    """Zeros, with the gradient added where the elements came from."""
    gx = backend.get_array_module(gy).zeros(shape, gy.dtype)
    if selects_once(slices):
        gx[slices] = gy
    else:
        add_at(gx, slices, gy)
    return gx


class GetItemGrad(FunctionNode):
    """Gradient of :func:`get_item`: zeros, with the gradient added where the elements came from.

    Args:
        slices: Indexes, normalised.
        in_shape: Shape of the output.
    """

    def __init__(self, slices: tuple[Any, ...], in_shape: Shape) -> None:
        self.slices = slices
        self._in_shape = in_shape

    def forward(self, inputs: Arrays) -> Arrays:
        return (_put(inputs[0], self.slices, self._in_shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return GetItem(self.slices).apply(grad_outputs)


def get_item(x: VariableLike, slices: Any) -> Variable:
    """Elements of an array; what ``x[slices]`` does.

    Args:
        x: Variable or array.
        slices: An integer, slice, ``Ellipsis``, ``None``, integer or boolean array, or a tuple of these. A list of
            numbers is an array.

    Returns:
        Variable; a view of ``x`` for plain slices.

    Raises:
        IndexError: The indexes do not fit the shape, or there is more than one ``Ellipsis``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.get_item(np.arange(6, dtype=np.float32).reshape(2, 3), (0, slice(1, None)))
        variable([1., 2.])
    """
    return GetItem(slices).apply((x,))[0]


def install_variable_get_item() -> None:
    """Gives :class:`chainer.Variable` its indexing."""
    Variable.__getitem__ = get_item  # type: ignore[method-assign]
