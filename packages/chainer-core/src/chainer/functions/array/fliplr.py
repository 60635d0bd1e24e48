"""Mirroring from left to right."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class FlipLR(FunctionNode):
    """Node of :func:`fliplr`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim >= 2)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0][:, ::-1],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return FlipLR().apply(grad_outputs)


def fliplr(a: VariableLike) -> Variable:
    """Reverses the order of the elements along the second axis.

    Args:
        a: Variable or array of a float dtype with two axes or more.

    Returns:
        Variable, a view of ``a``.

    Raises:
        chainer.utils.type_check.InvalidType: ``a`` is not of a float dtype, or has fewer than two axes.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.fliplr(np.array([[1, 2], [3, 4]], np.float32))
        variable([[2., 1.],
                  [4., 3.]])
    """
    return FlipLR().apply((a,))[0]
