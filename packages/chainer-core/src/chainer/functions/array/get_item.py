"""Indexing."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.variable import Variable, as_array

_BASIC = (int, slice, type(None), type(Ellipsis), numpy.integer)


def normalised(slices: Any) -> tuple[Any, ...]:
    """Indexes as a tuple of what NumPy takes; variables and lists as arrays.

    Raises:
        ValueError: There is more than one ``Ellipsis``.
    """
    if isinstance(slices, list):
        # A list of numbers is an index array, one that holds a slice or the like a tuple of indexes.
        is_array = all(isinstance(s, int | numpy.integer | list) for s in slices)
        slices = (numpy.asarray(slices, None if slices else numpy.intp),) if is_array else tuple(slices)
    elif not isinstance(slices, tuple):
        slices = (slices,)
    plain = []
    n_ellipses = 0
    for s in slices:
        if s is Ellipsis:
            n_ellipses += 1
        elif isinstance(s, Variable):
            s = as_array(s)
        elif isinstance(s, list | tuple):
            s = numpy.asarray(s, None if s else numpy.intp)
        plain.append(s)
    if n_ellipses > 1:
        raise ValueError("Only one Ellipsis is allowed")
    return tuple(plain)


def selects_once(slices: tuple[Any, ...]) -> bool:
    """Whether no element can be selected twice, as is the case without index arrays."""
    return all(isinstance(s, _BASIC) or getattr(s, "dtype", None) == numpy.bool_ for s in slices)


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
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        gx = xp.zeros(self._in_shape, gy.dtype)
        if selects_once(self.slices):
            gx[self.slices] = gy
        else:
            xp.add.at(gx, self.slices, gy)
        return (gx,)

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
