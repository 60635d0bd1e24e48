"""Conversion to another dtype."""

from __future__ import annotations

from typing import Any

from chainer._mixed16 import get_dtype
from chainer.function_node import FunctionNode
from chainer.types import Arrays, DTypeSpec, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


class Cast(FunctionNode):
    """Node of :func:`cast`.

    Args:
        typ: dtype of the output.
    """

    is_elementwise = True

    def __init__(self, typ: DTypeSpec) -> None:
        self.type = typ

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self._in_type = x.dtype
        return (x.astype(self.type, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (cast(grad_outputs[0], self._in_type),)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0].astype(self._in_type),)


def cast(x: VariableLike, typ: DTypeSpec) -> Variable:
    """Converts an array to another dtype.

    Args:
        x: Variable or array.
        typ: dtype of the result: whatever :class:`numpy.dtype` takes, or ``chainer.mixed16``, which stands for
            float16 here.

    Returns:
        Variable of that dtype; ``x`` itself if it has it. Gradients flow back in the dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cast(np.array([1, 2], np.float64), np.float16).dtype
        dtype('float16')
    """
    dtype = get_dtype(typ)
    if x.dtype == dtype:
        return as_variable(x)
    return Cast(dtype).apply((x,))[0]
