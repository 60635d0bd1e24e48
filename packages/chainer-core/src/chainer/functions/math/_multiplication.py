"""Products and quotients of arrays and numbers."""

from __future__ import annotations

from typing import Any

from chainer import utils
from chainer.function_node import FunctionNode
from chainer.functions.math._elementwise import WithGradientNode
from chainer.functions.math._operators import FloatBinary, FloatUnary, Unary, WithConstant
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, Variables


class Mul(FloatBinary):
    """Node of ``x * y`` for two arrays."""

    label = "_ * _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        lhs, rhs = inputs
        return (lhs * rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        xs = self.get_retained_inputs()
        return tuple([sum_to(Mul().apply((gy, xs[1 - i]))[0], xs[i].shape) for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        xs = self.get_retained_input_arrays()
        return tuple([utils.sum_to(gy * xs[1 - i], xs[i].shape) for i in indexes])


class MulConstant(WithConstant, Unary):
    """Node of ``x * value``."""

    pattern = "_ * {}"

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] * self.value,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return MulConstant(self.value).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (self.value * grad_outputs[0],)


class Div(FloatBinary):
    """Node of ``x / y`` for two arrays."""

    label = "_ / _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((1,))
        self.retain_outputs((0,))
        lhs, rhs = inputs
        return (lhs / rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (rhs,) = self.get_retained_inputs()
        inputs: Any = self.inputs
        (quotient,) = Div().apply((grad_outputs[0], rhs))
        results = []
        for i in indexes:
            gx = quotient
            if i == 1:
                (gx,) = DivGrad().apply((quotient, *self.get_retained_outputs()))
            results.append(sum_to(gx, inputs[i].shape))
        return tuple(results)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (rhs,) = self.get_retained_input_arrays()
        (y,) = self.get_retained_output_arrays()
        inputs: Any = self.inputs
        quotient = grad_outputs[0] / rhs
        return tuple([utils.sum_to(-quotient * y if i else quotient, inputs[i].shape) for i in indexes])


class DivGrad(FunctionNode):
    """Gradient of ``y = x / d`` with respect to ``d``, of ``(gy / d, y)``: minus their product."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        return (-(inputs[0] * inputs[1]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = self.get_retained_inputs()
        return tuple([DivGrad().apply((inputs[1 - i], grad_outputs[0]))[0] for i in indexes])


class DivFromConstant(WithGradientNode, WithConstant, FloatUnary):
    """Node of ``value / x``."""

    pattern = "{} / _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        return (self.value / inputs[0],)

    def gradient_node(self) -> FunctionNode:
        return DivFromConstantGrad(self.value)


class DivFromConstantGrad(FunctionNode):
    """Gradient of ``value / x``, of ``(x, gy)``: ``-value * gy / x ** 2``."""

    is_elementwise = True

    def __init__(self, value: float) -> None:
        self.value = value

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        return (-self.value * gy / (x * x),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gy = self.get_retained_inputs()
        (ggx,) = grad_outputs
        assert ggx is not None
        gs = [-2.0 * gy * ggx / x if i == 0 else ggx for i in indexes]
        return tuple([DivFromConstantGrad(self.value).apply((x, g))[0] for g in gs])
