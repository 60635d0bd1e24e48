"""The arithmetic operators of variables.

A number on one side of an operator is a constant: it takes the dtype of the
variable, so ``0.5 * x`` keeps float16. So does an array that is not a
variable. Two variables must agree in dtype. Sums and differences take any
dtype, products only floats unless one side is a number, quotients and powers
only floats.
"""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._addition import Add as Add
from chainer.functions.math._addition import AddConstant as AddConstant
from chainer.functions.math._addition import MultiAdd as MultiAdd
from chainer.functions.math._addition import Neg as Neg
from chainer.functions.math._addition import Sub as Sub
from chainer.functions.math._addition import SubFromConstant as SubFromConstant
from chainer.functions.math._multiplication import Div as Div
from chainer.functions.math._multiplication import DivFromConstant as DivFromConstant
from chainer.functions.math._multiplication import DivFromConstantGrad as DivFromConstantGrad
from chainer.functions.math._multiplication import DivGrad as DivGrad
from chainer.functions.math._multiplication import Mul as Mul
from chainer.functions.math._multiplication import MulConstant as MulConstant
from chainer.functions.math._operators import FloatUnary
from chainer.functions.math._power import PowConstVar as PowConstVar
from chainer.functions.math._power import PowConstVarGrad as PowConstVarGrad
from chainer.functions.math._power import PowVarConst as PowVarConst
from chainer.functions.math._power import PowVarConstGrad as PowVarConstGrad
from chainer.functions.math._power import PowVarVar as PowVarVar
from chainer.functions.math._power import PowVarVarGrad as PowVarVarGrad
from chainer.functions.math.floor import floor
from chainer.functions.math.matmul import matmul as _matmul
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.variable import Variable, as_variable

_ARRAYS = (numpy.ndarray, backend.cuda.ndarray)
_NUMBERS = (int, float)


class Absolute(FloatUnary):
    """Node of :func:`absolute`."""

    label = "|_|"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        return (abs(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_input_arrays()
        return AbsoluteGrad(x).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (x,) = self.get_retained_input_arrays()
        return AbsoluteGrad(x).forward(grad_outputs)


class AbsoluteGrad(FunctionNode):
    """Gradient of :func:`absolute`: the sign of ``x``, a constant, times the gradient."""

    is_elementwise = True

    def __init__(self, x: NdArray) -> None:
        self.x = x

    def forward(self, inputs: Arrays) -> Arrays:
        return (backend.get_array_module(self.x).sign(self.x) * inputs[0],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return AbsoluteGrad(self.x).apply(grad_outputs)


def _operand(x: Variable, other: Any) -> Any:
    """The other side of an operator: a number of Python's, which leaves the dtype alone, or what ``apply`` takes."""
    kind = type(other)
    if kind is int or kind is float and x._array().dtype.kind == "f":  # by far the most frequent ones
        return other
    if isinstance(other, Variable):
        return other
    if isinstance(other, _ARRAYS):
        if other.ndim or not isinstance(other, numpy.ndarray):
            return other.astype(x.dtype, copy=False)
        other = other[()]
    if isinstance(other, numpy.generic):
        other = other.item()
    if not isinstance(other, _NUMBERS):
        raise TypeError(
            f"Value must be a scalar, `numpy.ndarray`, `cupy.ndarray` or a `Variable`.\nActual: {type(other)}"
        )
    return int(other) if x.dtype.kind in "iub" else other


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
    if len(xs) != 2:
        return MultiAdd().apply(xs)[0]
    lhs, rhs = xs
    if numpy.isscalar(lhs):
        lhs, rhs = rhs, lhs
    if numpy.isscalar(rhs):
        return _add(as_variable(lhs), rhs)
    return Add().apply((lhs, rhs))[0]


def _add(self: Variable, rhs: Any) -> Variable:
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return AddConstant(other).apply((self,))[0]
    return Add().apply((self, other))[0]


def sub(self: Any, rhs: Any) -> Variable:
    """Elementwise difference; what ``x - y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return AddConstant(-other).apply((self,))[0]
    return Sub().apply((self, other))[0]


def rsub(self: Any, rhs: Any) -> Variable:
    """Elementwise difference with the sides exchanged: ``rhs - self``."""
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return SubFromConstant(other).apply((self,))[0]
    return Sub().apply((other, self))[0]


def mul(self: Any, rhs: Any) -> Variable:
    """Elementwise product; what ``x * y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return MulConstant(other).apply((self,))[0]
    return Mul().apply((self, other))[0]


def div(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient; what ``x / y`` does.

    Args:
        self: Variable of a float dtype.
        rhs: Variable, array or number.

    Raises:
        ZeroDivisionError: The number is zero; zeros in an array give infinity.
    """
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        if self.dtype.kind == "f":
            return MulConstant(1.0 / other).apply((self,))[0]
        other = self.xp.asarray(other, self.dtype)
    return Div().apply((self, other))[0]


def rdiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient with the sides exchanged: ``rhs / self``."""
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return DivFromConstant(other).apply((self,))[0]
    return Div().apply((other, self))[0]


def floordiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient rounded down; what ``x // y`` does. Its gradient is zero."""
    return floor(div(self, rhs))


def rfloordiv(self: Any, rhs: Any) -> Variable:
    """Elementwise quotient rounded down, with the sides exchanged."""
    return floor(rdiv(self, rhs))


def pow(self: Any, rhs: Any) -> Variable:
    """Elementwise power; what ``x ** y`` does.

    Args:
        self: Variable.
        rhs: Variable, array or number.
    """
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return PowVarConst(other).apply((self,))[0]
    return PowVarVar().apply((self, other))[0]


def rpow(self: Any, rhs: Any) -> Variable:
    """Elementwise power with the sides exchanged: ``rhs ** self``."""
    other = _operand(self, rhs)
    if isinstance(other, _NUMBERS):
        return PowConstVar(other).apply((self,))[0]
    return PowVarVar().apply((other, self))[0]


def matmul(self: Any, rhs: Any) -> Variable:
    """Matrix product; what ``x @ y`` does."""
    return _matmul(self, _matrix(self, rhs))


def rmatmul(self: Any, rhs: Any) -> Variable:
    """Matrix product with the sides exchanged: ``rhs @ self``."""
    return _matmul(_matrix(self, rhs), self)


def _matrix(x: Variable, other: Any) -> Any:
    return other.astype(x.dtype, copy=False) if isinstance(other, _ARRAYS) else other


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
