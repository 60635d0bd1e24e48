"""What distributions share."""

from __future__ import annotations

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.where import where
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import Arrays, NdArray, Shape, Variables
from chainer.variable import Variable


class ModifiedXLogX(FunctionNode):
    """Node of :math:`x \\log x` that is zero at zero.

    Args:
        logx: Logarithm of ``x``, which is mostly there already.
    """

    def __init__(self, logx: Variable) -> None:
        self._logx = logx

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self._is_zero = x == 0
        with numpy.errstate(invalid="ignore"):
            y = x * self._logx.array
        return (backend.get_array_module(x).where(self._is_zero, x, y),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        return (gy * (self._logx + 1),)


def modified_xlogx(x: Variable) -> Variable:
    """:math:`x \\log x`, and zero at zero."""
    with numpy.errstate(divide="ignore"):
        return ModifiedXLogX(log(x)).apply((x,))[0]


def log_beta(a: Variable, b: Variable) -> Variable:
    """Logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def draw_classes(p: NdArray, size: Shape) -> NdArray:
    """Draws classes of the probabilities along the last axis of ``p``; the other axes follow the first of ``size``."""
    n_class = p.shape[-1]
    rows = p.reshape(-1, n_class).astype(numpy.float64)
    rows /= rows.sum(axis=1, keepdims=True)  # to add up to one in float64, as NumPy wants them
    drawn = [numpy.random.choice(n_class, size=size[0], p=row) for row in rows]
    return numpy.array(drawn).T.reshape(size)


def within(inside: NdArray, x: Variable, value: float) -> Variable:
    """``x`` where it is possible, and elsewhere a value at which the density can be computed, to be discarded."""
    if inside.all():
        return x
    return where(inside, x, backend.get_array_module(x.array).full_like(x.array, value))


def minus_infinity(like: Variable) -> NdArray:
    """An array like ``like`` of what is impossible."""
    return backend.get_array_module(like.array).full_like(like.array, -numpy.inf)
