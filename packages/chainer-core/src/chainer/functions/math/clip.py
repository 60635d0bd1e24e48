"""Clipping to an interval."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._select import Select
from chainer.types import Arrays, NdArray, ScalarValue, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Clip(FunctionNode):
    """Node of :func:`clip`."""

    is_elementwise = True

    def __init__(self, x_min: ScalarValue | None, x_max: ScalarValue | None) -> None:
        if x_min is None and x_max is None:
            raise ValueError("x_min or x_max must be set, got None for both")
        # Python's own numbers, which leave the dtype of the array alone.
        self.x_min = None if x_min is None else float(x_min)
        self.x_max = None if x_max is None else float(x_max)
        if self.x_min is not None and self.x_max is not None and self.x_min >= self.x_max:
            raise ValueError(f"x_min must be less than x_max, got {x_min} and {x_max}")

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        if self.x_min is None:
            return (xp.minimum(x, self.x_max),)
        if self.x_max is None:
            return (xp.maximum(x, self.x_min),)
        return (xp.clip(x, self.x_min, self.x_max),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_input_arrays()
        return ClipGrad(x, self.x_min, self.x_max).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (x,) = self.get_retained_input_arrays()
        return ClipGrad(x, self.x_min, self.x_max).forward(grad_outputs)


class ClipGrad(Select):
    """Gradient of :func:`clip`: the gradient where ``x`` lies in the interval, ends included."""

    def __init__(self, x: NdArray, x_min: float | None, x_max: float | None) -> None:
        above = True if x_min is None else x >= x_min
        below = True if x_max is None else x <= x_max
        super().__init__(above & below)


def clip(x: VariableLike, x_min: ScalarValue | None, x_max: ScalarValue | None) -> Variable:
    r"""Elementwise :math:`\min(\max(x, x_\mathrm{min}), x_\mathrm{max})`.

    The gradient passes where ``x`` lies between the limits or on one of them, and is zero elsewhere.

    Args:
        x: Variable or array of a float dtype.
        x_min: Lower limit, or ``None``.
        x_max: Upper limit, or ``None``.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        ValueError: ``x_min`` is not less than ``x_max``, or neither is given.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.clip(np.array([-2, 0.5, 2], np.float32), -1, 1)
        variable([-1. ,  0.5,  1. ])
    """
    return Clip(x_min, x_max).apply((x,))[0]
