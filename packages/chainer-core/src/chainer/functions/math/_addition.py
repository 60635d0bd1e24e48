"""Sums and differences of arrays and numbers."""

from __future__ import annotations

from typing import Any

from chainer import utils
from chainer.backends import kernels
from chainer.backends.raw import RawArray
from chainer.function_node import FunctionNode
from chainer.functions.math._operators import Binary, Unary, WithConstant
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, Variables
from chainer.utils import type_check


class Neg(Unary):
    """Node of ``-x``."""

    label = "__neg__"

    def forward(self, inputs: Arrays) -> Arrays:
        return (-inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Neg().apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (-grad_outputs[0],)


class Add(Binary):
    """Node of ``x + y`` for two arrays."""

    label = "_ + _"
    takes_raw = True

    def forward(self, inputs: Arrays) -> Arrays:
        lhs, rhs = inputs
        return (lhs + rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        return tuple([sum_to(gy, inputs[i].shape) for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        return tuple([utils.sum_to(gy, inputs[i].shape) for i in indexes])


class AddConstant(WithConstant, Unary):
    """Node of ``x + value``."""

    pattern = "_ + {}"

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] + self.value,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return grad_outputs

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return grad_outputs


class MultiAdd(FunctionNode):
    """Node of :func:`add` for any number of arrays: one node, one array for the sum.

    Arrays of one shape ask for the kernel ``sum_many(xs)``, which may return ``None`` to leave it to the plain body.
    """

    is_elementwise = True
    takes_raw = True

    def check_type_forward(self, in_types: Any) -> None:
        for in_type in in_types:
            type_check.expect(in_type.dtype == in_types[0].dtype)
        type_check.expect_broadcast_shapes(*[in_type.shape for in_type in in_types])

    def forward(self, inputs: Arrays) -> Arrays:
        if len(inputs) == 1:
            return inputs
        first, second, *others = inputs
        kernel = kernels.find("sum_many", *inputs)
        if kernel is not None and all(x.shape == first.shape for x in inputs):
            total = kernel(inputs)
            if total is not None:
                return (total,)
        y = first + second
        for x in others:
            if x.shape == y.shape and not isinstance(x, RawArray):
                y += x
            else:
                y = y + x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        return tuple([sum_to(gy, inputs[i].shape) for i in indexes])


class Sub(Binary):
    """Node of ``x - y`` for two arrays."""

    label = "_ - _"

    def forward(self, inputs: Arrays) -> Arrays:
        lhs, rhs = inputs
        return (lhs - rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        assert gy is not None
        inputs: Any = self.inputs
        return tuple([sum_to(gy if i == 0 else Neg().apply((gy,))[0], inputs[i].shape) for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        return tuple([utils.sum_to(-gy if i else gy, inputs[i].shape) for i in indexes])


class SubFromConstant(WithConstant, Unary):
    """Node of ``value - x``."""

    pattern = "{} - _"

    def forward(self, inputs: Arrays) -> Arrays:
        return (self.value - inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Neg().apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (-grad_outputs[0],)
