"""The same elements in another shape."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Reshape(FunctionNode):
    """Node of :func:`reshape`."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        known = [n for n in self.shape if n != -1]
        if len(known) == len(self.shape):
            type_check.expect(
                type_check.prod(x_type.shape)
                == type_check.prod(type_check.make_variable(self.shape, f"shape={self.shape}"))
            )
            return
        if len(known) < len(self.shape) - 1:
            raise ValueError(f"shape may have one -1 at most, got {self.shape}")
        known_size = type_check.prod(tuple(known))
        size = type_check.make_variable(known_size, f"known_size(={known_size})")
        if known_size == 0:  # then nothing can be inferred
            raise ValueError(f"cannot infer -1 in a shape without elements, got {self.shape}")
        type_check.expect(type_check.prod(x_type.shape) % size == 0)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0].reshape(self.shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (reshape(grad_outputs[0], self.inputs[0].shape),)  # type: ignore[index,arg-type]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0].reshape(self.inputs[0].shape),)  # type: ignore[index]


def reshape(x: VariableLike, shape: Shape) -> Variable:
    """Gives an array another shape, without copying where that is possible.

    Args:
        x: Variable or array.
        shape: New shape; one entry may be -1, to be inferred.

    Returns:
        Variable of that shape; ``x`` itself if it has it.

    Raises:
        chainer.utils.type_check.InvalidType: The number of elements differs.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.reshape(np.zeros((2, 6), np.float32), (3, -1)).shape
        (3, 4)
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if x.shape == shape:
        return as_variable(x)
    return Reshape(shape).apply((x,))[0]
