"""Mirroring upside down."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class FlipUD(FunctionNode):
    """Node of :func:`flipud`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim >= 1)

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0][::-1],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return FlipUD().apply(grad_outputs)


def flipud(a: VariableLike) -> Variable:
    """Reverses the order of the elements along the first axis.

    Args:
        a: Variable or array of a float dtype with an axis or more.

    Returns:
        Variable, a view of ``a``.

    Raises:
        chainer.utils.type_check.InvalidType: ``a`` is not of a float dtype, or has no axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.flipud(np.array([[1, 2], [3, 4]], np.float32))
        variable([[3., 4.],
                  [1., 2.]])
    """
    return FlipUD().apply((a,))[0]
