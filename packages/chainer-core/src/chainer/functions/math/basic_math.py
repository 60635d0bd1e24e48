"""The arithmetic operators of variables.

A number on one side of an operator is a constant: it takes the dtype of the
variable, so ``0.5 * x`` keeps float16. So does an array that is not a
variable. Two variables must agree in dtype.
"""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math.matmul import matmul as _matmul
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

_NUMBERS = (int, float, complex, numpy.generic)


def _constant(value: Any, dtype: Any) -> Any:
    """A number as Python's own, which NumPy lets take the dtype of the array beside it."""
    if isinstance(value, numpy.generic):
        value = value.item()
    if dtype.kind in "iub" and type(value) is float:
        return int(value)
    return value


def _operand(x: Variable, other: Any) -> Any:
    """The other side of an operator: a number, or something that ``apply`` takes."""
    if type(other) is float and x._array().dtype.kind == "f":  # by far the most frequent number
        return other
    if isinstance(other, Variable):
        return other
    if isinstance(other, _NUMBERS):
        return _constant(other, x.dtype)
    if isinstance(other, numpy.ndarray | backend.cuda.ndarray):
        if other.ndim == 0 and isinstance(other, numpy.ndarray):
            return _constant(other[()], x.dtype)
        return other.astype(x.dtype, copy=False)
    raise TypeError(f"Value must be a scalar, `numpy.ndarray`, `cupy.ndarray` or a `Variable`.\nActual: {type(other)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS)


class _Binary(FunctionNode):
    """An operator between two arrays of one dtype, broadcast against each other."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("lhs", "rhs"))
        lhs, rhs = in_types
        type_check.expect(lhs.dtype == rhs.dtype)
        if lhs.shape is not rhs.shape:
            type_check.expect_broadcast_shapes(lhs.shape, rhs.shape)


class _Unary(FunctionNode):
    """An operator on one array, with a constant kept in ``value``."""

    is_elementwise = True


def _shapes(node: FunctionNode) -> tuple[Any, Any]:
    lhs, rhs = node.inputs  # type: ignore[misc]
    return lhs.shape, rhs.shape


def _pick(indexes: tuple[int, ...], *makers: Any) -> Variables:
    """Gradients of the inputs asked for; the others are not even computed."""
    return tuple([makers[i]() for i in indexes])


class Neg(_Unary):
    """Node of :func:`neg`."""

    @property
    def label(self) -> str:
        return "__neg__"

    def forward(self, inputs: Arrays) -> Arrays:
        return (-inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (neg(grad_outputs[0]),)


class Absolute(_Unary):
    """Node of :func:`absolute`."""

    @property
    def label(self) -> str:
        return "|_|"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        return (abs(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        return AbsoluteGrad(x.array).apply(grad_outputs)


class AbsoluteGrad(FunctionNode):
    """Gradient of :func:`absolute`: the sign of ``x``, a constant, times the gradient."""

    def __init__(self, x: NdArray) -> None:
        self.x = x

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(self.x).sign(self.x) * inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return AbsoluteGrad(self.x).apply(grad_outputs)


class Add(_Binary):
    """Node of :func:`add` for two arrays."""

    @property
    def label(self) -> str:
        return "_ + _"

    def forward(self, inputs: Arrays) -> Arrays:
        lhs, rhs = inputs
        return (lhs + rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        shapes = _shapes(self)
        return tuple([sum_to(gy, shapes[i]) for i in indexes])


class AddConstant(_Unary):
    """Node of :func:`add` for an array and a number."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"_ + {self.value}"

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] + self.value,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return grad_outputs


class MultiAdd(FunctionNode):
    """Node of :func:`add` for three arrays or more: one node, one array for the sum."""

    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        for i, in_type in enumerate(in_types):
            type_check.expect(in_type.dtype == in_types[0].dtype)
            type_check.expect_broadcast_shapes(in_types[0].shape, in_types[i].shape)

    def forward(self, inputs: Arrays) -> Arrays:
        y = inputs[0] + inputs[1]
        for x in inputs[2:]:
            if y.shape == numpy.broadcast_shapes(y.shape, x.shape) and y.ndim:
                y += x
            else:
                y = y + x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        inputs: Any = self.inputs
        return tuple([sum_to(gy, inputs[i].shape) for i in indexes])


class Sub(_Binary):
    """Node of :func:`sub` for two arrays."""

    @property
    def label(self) -> str:
        return "_ - _"

    def forward(self, inputs: Arrays) -> Arrays:
        lhs, rhs = inputs
        return (lhs - rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        lhs, rhs = _shapes(self)
        return _pick(indexes, lambda: sum_to(gy, lhs), lambda: sum_to(neg(gy), rhs))


class SubFromConstant(_Unary):
    """Node of :func:`rsub`: a number minus an array."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"{self.value} - _"

    def forward(self, inputs: Arrays) -> Arrays:
        return (self.value - inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (neg(grad_outputs[0]),)


class Mul(_Binary):
    """Node of :func:`mul` for two arrays."""

    @property
    def label(self) -> str:
        return "_ * _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        lhs, rhs = inputs
        return (lhs * rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        xs = self.get_retained_inputs()
        shapes = _shapes(self)
        return tuple([sum_to(gy * xs[1 - i], shapes[i]) for i in indexes])


class MulConstant(_Unary):
    """Node of :func:`mul` for an array and a number."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"_ * {self.value}"

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] * self.value,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (self.value * grad_outputs[0],)


class Div(_Binary):
    """Node of :func:`div` for two arrays."""

    @property
    def label(self) -> str:
        return "_ / _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        lhs, rhs = inputs
        return (_divide(lhs, rhs),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        lhs, rhs = self.get_retained_inputs()
        return _pick(
            indexes,
            lambda: sum_to(gy / rhs, lhs.shape),
            lambda: sum_to(neg(gy) * lhs / (rhs * rhs), rhs.shape),
        )


class DivFromConstant(_Unary):
    """Node of :func:`rdiv`: a number divided by an array."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"{self.value} / _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        return (_divide(self.value, inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        return (-self.value * grad_outputs[0] / (x * x),)


def _divide(lhs: Any, rhs: Any) -> NdArray:
    """Quotient in the dtype of the arrays: integers divide to integers, as published."""
    y = lhs / rhs
    dtype = getattr(lhs, "dtype", None) or rhs.dtype
    return y if y.dtype == dtype else y.astype(dtype)


class PowVarVar(_Binary):
    """Node of :func:`pow` for two arrays."""

    @property
    def label(self) -> str:
        return "_ ** _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        self.retain_outputs((0,))
        lhs, rhs = inputs
        return (lhs**rhs,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.math.exponential import log

        (gy,) = grad_outputs
        lhs, rhs = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        return _pick(
            indexes,
            lambda: sum_to(rhs * lhs ** (rhs - 1) * gy, lhs.shape),
            lambda: sum_to(log(lhs) * y * gy, rhs.shape),
        )


class PowVarConst(_Unary):
    """Node of :func:`pow` for an array and a number."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"_ ** {self.value}"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        y = inputs[0] ** self.value
        return (y if y.dtype == inputs[0].dtype else y.astype(inputs[0].dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        if self.value == 2:
            return (2 * x * gy,)
        return (self.value * x ** (self.value - 1) * gy,)


class PowConstVar(_Unary):
    """Node of :func:`rpow`: a number to the power of an array."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def label(self) -> str:
        return f"{self.value} ** _"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_outputs((0,))
        return (self.value ** inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return (float(numpy.log(self.value)) * y * grad_outputs[0],)


def neg(self: VariableLike) -> Variable:
    """Elementwise ``-x``; what the operator does."""
    return Neg().apply((self,))[0]


def absolute(self: VariableLike) -> Variable:
    r"""Elementwise :math:`|x|`; what ``abs(x)`` does. Its gradient at zero is zero.

    Args:
        self: Input variable or array.

    Returns:
        Variable of the shape and dtype of the input.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.absolute(np.array([-1.5, 2], np.float32))
        variable([1.5, 2. ])
    """
    return Absolute().apply((self,))[0]


def add(*xs: Any) -> Variable:
    """Elementwise sum of any number of arrays; what ``x + y`` does.

    Args:
        xs: Variables, arrays or numbers. Two may be broadcast against each other.

    Returns:
        Variable of the broadcast shape.

    Raises:
        TypeError: Something that is none of these.
        chainer.utils.type_check.InvalidType: Variables of different dtypes, or shapes that do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([1, 2], np.float32)
        >>> F.add(x, x, x)
        variable([3., 6.])
    """
    if len(xs) == 2:
        lhs, rhs = xs
        if _is_number(rhs):
            return AddConstant(_constant(rhs, lhs.dtype)).apply((lhs,))[0]
        if _is_number(lhs):
            return AddConstant(_constant(lhs, rhs.dtype)).apply((rhs,))[0]
        return Add().apply((lhs, rhs))[0]
    return MultiAdd().apply(xs)[0]


def _add(self: Variable, other: Any) -> Variable:
    if type(other) is int:  # an int fits every dtype, so there is nothing to look at
        return AddConstant(other).apply((self,))[0]
    if type(other) is not Variable:
        other = _operand(self, other)
        if _is_number(other):
            return AddConstant(other).apply((self,))[0]
    return Add().apply((self, other))[0]


def sub(self: Any, rhs: Any) -> Variable:
    """Elementwise difference; what ``x - y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if _is_number(other):
        return AddConstant(-other).apply((self,))[0]
    return Sub().apply((self, other))[0]


def rsub(self: Any, rhs: Any) -> Variable:
    """Elementwise difference with the sides exchanged: ``rhs - self``."""
    other = _operand(self, rhs)
    if _is_number(other):
        return SubFromConstant(other).apply((self,))[0]
    return Sub().apply((other, self))[0]


def mul(self: Any, rhs: Any) -> Variable:
    """Elementwise product; what ``x * y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if _is_number(other):
        return MulConstant(other).apply((self,))[0]
    return Mul().apply((self, other))[0]


def div(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient; what ``x / y`` does. Integer arrays give integers, as published.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if _is_number(other):
        if self.dtype.kind == "f":
            return MulConstant(1.0 / other if other != 0 else float(numpy.inf)).apply((self,))[0]
        return Div().apply((self, numpy.asarray(other, self.dtype)))[0]
    return Div().apply((self, other))[0]


def rdiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient with the sides exchanged: ``rhs / self``."""
    other = _operand(self, rhs)
    if _is_number(other):
        return DivFromConstant(other).apply((self,))[0]
    return Div().apply((other, self))[0]


def floordiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient rounded down; what ``x // y`` does. Its gradient is zero."""
    from chainer.functions.math.floor import floor

    return floor(div(self, rhs))


def rfloordiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient rounded down, with the sides exchanged."""
    from chainer.functions.math.floor import floor

    return floor(rdiv(self, rhs))


def pow(self: Any, rhs: Any) -> Variable:
    """Elementwise power; what ``x ** y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if _is_number(other):
        return PowVarConst(other).apply((self,))[0]
    return PowVarVar().apply((self, other))[0]


def rpow(self: Any, rhs: Any) -> Variable:
    """Elementwise power with the sides exchanged: ``rhs ** self``."""
    other = _operand(self, rhs)
    if _is_number(other):
        return PowConstVar(other).apply((self,))[0]
    return PowVarVar().apply((other, self))[0]


def matmul(self: Any, rhs: Any) -> Variable:
    """Matrix product; what ``x @ y`` does."""
    return _matmul(self, _operand(self, rhs))


def rmatmul(self: Any, rhs: Any) -> Variable:
    """Matrix product with the sides exchanged: ``rhs @ self``."""
    return _matmul(_operand(self, rhs), self)


def install_variable_arithmetics() -> None:
    """Gives :class:`chainer.Variable` its operators."""
    operators = {
        "__neg__": neg,
        "__abs__": absolute,
        "__add__": _add,
        "__radd__": _add,
        "__sub__": sub,
        "__rsub__": rsub,
        "__mul__": mul,
        "__rmul__": mul,
        "__truediv__": div,
        "__rtruediv__": rdiv,
        "__floordiv__": floordiv,
        "__rfloordiv__": rfloordiv,
        "__pow__": pow,
        "__rpow__": rpow,
        "__matmul__": matmul,
        "__rmatmul__": rmatmul,
    }
    for name, operator in operators.items():
        setattr(Variable, name, operator)
