"""What the nodes of the arithmetic operators have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from chainer.function_node import FunctionNode
from chainer.utils import type_check


class Unary(FunctionNode):
    """An operator on one array. Without a check of types: what NumPy refuses, it refuses itself."""

    is_elementwise = True


class FloatUnary(Unary):
    """An operator on one array of a float dtype."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")


class WithConstant(FunctionNode):
    """What operators on an array and a number share: the number, one of Python's own, in ``value``."""

    pattern: ClassVar[str]

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return self.pattern.format(f"({self.value})" if self.value < 0 else self.value)


class Binary(FunctionNode):
    """An operator between two arrays of one dtype, broadcast against each other."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("lhs", "rhs"))
        lhs, rhs = in_types
        type_check.expect(lhs.dtype == rhs.dtype)
        if type_check.eval(lhs.shape) != type_check.eval(rhs.shape):
            type_check.expect_broadcast_shapes(lhs.shape, rhs.shape)


class FloatBinary(Binary):
    """An operator between two arrays of one float dtype."""

    def check_type_forward(self, in_types: Any) -> None:
        super().check_type_forward(in_types)
        type_check.expect(in_types[0].dtype.kind == "f")
