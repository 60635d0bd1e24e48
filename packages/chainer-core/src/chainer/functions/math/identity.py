"""The identity function."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables


class Identity(FunctionNode):
    """Node of :func:`identity`."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        return inputs

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return tuple([grad_outputs[i] for i in indexes])


def identity(*inputs: VariableLike) -> Any:
    """The inputs themselves, behind a function of the graph.

    Args:
        inputs: Variables or arrays.

    Returns:
        A variable, or for several inputs a tuple of them.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.identity(np.array([1, 2]))
        variable([1, 2])
    """
    outputs = Identity().apply(inputs)
    return outputs[0] if len(outputs) == 1 else outputs
