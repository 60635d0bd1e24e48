"""Picking one element of each row."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SelectItem(FunctionNode):
    """Node of :func:`select_item`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(t_type.dtype.kind == "i", x_type.ndim == 2, t_type.ndim == 1)
        type_check.expect(x_type.shape[0] == t_type.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        x, t = inputs
        self.retain_inputs((1,))
        if config.debug and not ((0 <= t) & (t < x.shape[1])).all():
            raise ValueError(f"each label t must satisfy 0 <= t < x.shape[1], which is {x.shape[1]}; got {t}")
        return (x[backend.get_array_module(x).arange(t.size), t],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (t,) = self.get_retained_inputs()
        x: Any = self.inputs[0]  # type: ignore[index]
        gradients = dict.fromkeys(indexes)
        if 0 in indexes:
            (gradients[0],) = Assign(x.shape, x.dtype, t.array).apply(grad_outputs)
        return tuple(gradients.values())


class Assign(FunctionNode):
    """Gradient of :func:`select_item`: zeros but for one element of each row.

    Args:
        shape: Shape of the output.
        dtype: dtype of the output.
        t: Index of the element in each row.
    """

    def __init__(self, shape: Shape, dtype: Any, t: NdArray) -> None:
        self.shape = shape
        self.dtype = dtype
        self.t = t

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        gx = xp.zeros(self.shape, self.dtype)
        gx[xp.arange(self.t.size), self.t] = gy
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return SelectItem().apply((grad_outputs[0], self.t))


def select_item(x: VariableLike, t: VariableLike) -> Variable:
    """Picks one element of each row: ``y[i] = x[i, t[i]]``.

    Args:
        x: Variable or array. Shape ``(B, C)``.
        t: Index of the element of each row. Shape ``(B,)``, signed integers. In debug mode they are checked to be in
            ``[0, C)``.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B,)``.

    Raises:
        ValueError: An index is out of range, in debug mode.
        IndexError: An index is out of range.
        chainer.utils.type_check.InvalidType: Shapes do not fit, or ``t`` is not of integers.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.select_item(np.array([[0, 1, 2], [3, 4, 5]], np.float32), np.array([0, 2]))
        variable([0., 5.])
    """
    return SelectItem().apply((x, t))[0]
