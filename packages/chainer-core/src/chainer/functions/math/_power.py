"""Powers of arrays and of numbers."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._elementwise import WithGradientNode
from chainer.functions.math._operators import FloatBinary, FloatUnary, WithConstant
from chainer.functions.math.exponential import log
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, Variables


class PowVarVar(FloatBinary):
    """Node of ``x ** y`` for two arrays."""

    label = "_ ** _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        self.retain_outputs((0,))
        lhs, rhs = inputs
        return (lhs**rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        lhs, rhs = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        results = []
        for i in indexes:
            if i == 0:
                (gx,) = PowVarVarGrad().apply((lhs, rhs, gy))
                results.append(sum_to(gx, lhs.shape))
            else:
                (y,) = self.get_retained_outputs()
                results.append(sum_to(log(lhs) * y * gy, rhs.shape))
        return tuple(results)


class PowVarVarGrad(FunctionNode):
    """Gradient of ``x ** y`` with respect to ``x``, of ``(x, y, gy)``: ``y * x ** (y - 1) * gy``."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        lhs, rhs, gy = inputs
        return (rhs * lhs ** (rhs - 1) * gy,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        lhs, rhs, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        assert ggx is not None
        power = lhs ** (rhs - 1)
        makers: Any = (
            lambda: (rhs - 1) * lhs ** (rhs - 2) * rhs * gy * ggx,
            lambda: (log(lhs) * rhs + 1) * power * gy * ggx,
            lambda: rhs * power * ggx,
        )
        return tuple([sum_to(makers[i](), (lhs, rhs, gy)[i].shape) for i in indexes])


class PowVarConst(WithGradientNode, WithConstant, FloatUnary):
    """Node of ``x ** value``."""

    pattern = "_ ** {}"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        return (inputs[0] ** self.value,)

    def gradient_node(self) -> FunctionNode:
        return PowVarConstGrad(self.value)


class PowVarConstGrad(FunctionNode):
    """Gradient of ``x ** value``, of ``(x, gy)``: ``value * x ** (value - 1) * gy``."""

    is_elementwise = True

    def __init__(self, value: float) -> None:
        self.value = value

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        if self.value == 0:  # also where x is zero, of which there is no inverse
            return (backend.get_array_module(x).zeros_like(gy),)
        if self.value == 2:
            return (2 * x * gy,)
        return (self.value * x ** (self.value - 1) * gy,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        assert ggx is not None
        results = []
        for i in indexes:
            if i == 0:
                (gx,) = PowVarConstGrad(self.value - 1).apply((x, self.value * gy * ggx))
            else:
                (gx,) = PowVarConstGrad(self.value).apply((x, ggx))
            results.append(gx)
        return tuple(results)


class PowConstVar(WithGradientNode, WithConstant, FloatUnary):
    """Node of ``value ** x``."""

    pattern = "{} ** _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_outputs((0,))
        return (self.value ** inputs[0],)

    def gradient_node(self) -> FunctionNode:
        return PowConstVarGrad(self.value)


class PowConstVarGrad(FunctionNode):
    """Gradient of ``y = value ** x``, of ``(y, gy)``: ``log(value) * y * gy``."""

    is_elementwise = True

    def __init__(self, value: float) -> None:
        if value <= 0:
            raise ValueError(f"the base of a power must be positive to have a gradient, got {value} ** x")
        self.value = value

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        y, gy = inputs
        return (math.log(self.value) * y * gy,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = self.get_retained_inputs()
        return tuple([PowConstVarGrad(self.value).apply((inputs[1 - i], grad_outputs[0]))[0] for i in indexes])
