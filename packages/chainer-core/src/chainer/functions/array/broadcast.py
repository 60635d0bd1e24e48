"""Broadcasting arrays to a shape, or against each other."""

from __future__ import annotations

from typing import Any

from chainer import backend, utils
from chainer.function_node import FunctionNode
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Broadcast(FunctionNode):
    """Node of :func:`broadcast`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 0)
        type_check.expect_broadcast_shapes(*[in_type.shape for in_type in in_types])

    def forward(self, inputs: Arrays) -> Arrays:
        return tuple(backend.get_array_module(*inputs).broadcast_arrays(*inputs))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs: Any = self.inputs
        return tuple([None if grad_outputs[i] is None else sum_to(grad_outputs[i], inputs[i].shape) for i in indexes])


class BroadcastTo(FunctionNode):
    """Node of :func:`broadcast_to`."""

    def __init__(self, shape: Shape) -> None:
        self._shape = tuple(shape)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        shape = type_check.make_variable(self._shape, "shape")
        type_check.expect(in_types[0].ndim <= len(self._shape))
        lead = len(self._shape) - type_check.eval(in_types[0].ndim)
        for i in range(type_check.eval(in_types[0].ndim)):
            if type_check.eval(in_types[0].shape[i]) != 1:
                type_check.expect(in_types[0].shape[i] == shape[i + lead])

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).broadcast_to(x, self._shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (sum_to(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (utils.sum_to(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]


def broadcast(*args: VariableLike) -> Any:
    """Broadcasts variables against each other.

    Args:
        args: Variables or arrays.

    Returns:
        A variable, or for several arguments a tuple of them, all of the common shape.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, y = F.broadcast(np.ones((2, 1), np.float32), np.ones(3, np.float32))
        >>> x.shape, y.shape
        ((2, 3), (2, 3))
    """
    if len(args) == 1:
        return as_variable(args[0])
    return Broadcast().apply(args)


def broadcast_to(x: VariableLike, shape: Shape) -> Variable:
    """Broadcasts a variable to a shape.

    Args:
        x: Variable or array.
        shape: Shape to which that of ``x`` can be broadcast.

    Returns:
        Variable of shape ``shape``; a read-only view where NumPy makes one.

    Raises:
        chainer.utils.type_check.InvalidType: It cannot.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.broadcast_to(np.arange(2, dtype=np.float32), (2, 2))
        variable([[0., 1.],
                  [0., 1.]])
    """
    if x.shape == tuple(shape):
        return as_variable(x)
    return BroadcastTo(shape).apply((x,))[0]
