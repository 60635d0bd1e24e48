"""The gates of LSTMs, which lie interleaved per unit along the second axis."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.reshape import reshape
from chainer.types import NdArray
from chainer.utils import type_check
from chainer.variable import Variable


def expect_gates(c_type: Any, x_type: Any) -> None:
    """Requires that ``x`` holds four gates for each unit of ``c``."""
    type_check.expect(
        c_type.dtype.kind == "f",
        x_type.dtype == c_type.dtype,
        c_type.ndim >= 2,
        x_type.ndim == c_type.ndim,
    )
    type_check.expect(x_type.shape[1] == 4 * c_type.shape[1])
    for i in range(2, type_check.eval(c_type.ndim)):
        type_check.expect(x_type.shape[i] == c_type.shape[i])


def split_gates(x: Variable) -> tuple[Variable, Variable, Variable, Variable]:
    """Cell input and input gate, forget gate and output gate, before the nonlinearities."""
    b, n = x.shape[:2]
    gates = reshape(x, (b, n // 4, 4, *x.shape[2:]))
    return gates[:, :, 0], gates[:, :, 1], gates[:, :, 2], gates[:, :, 3]


def compute_gates(x: NdArray) -> NdArray:
    """The gates after the nonlinearities. Shape ``(4, B, C, ...)``."""
    xp = backend.get_array_module(x)
    b, n = x.shape[:2]
    gates = xp.ascontiguousarray(xp.moveaxis(x.reshape(b, n // 4, 4, *x.shape[2:]), 2, 0))
    logistic = gates[1:]
    logistic *= 0.5  # as in to_logistic, but one pass of the hyperbolic tangent serves all gates
    xp.tanh(gates, out=gates)
    logistic *= 0.5
    logistic += 0.5
    return gates


def to_logistic(x: NdArray) -> None:
    """Replaces an array by its logistic function, which is a hyperbolic tangent of half the argument."""
    x *= 0.5
    backend.get_array_module(x).tanh(x, out=x)
    x *= 0.5
    x += 0.5


def next_cell(c_prev: Variable, x: Variable) -> tuple[Variable, Variable]:
    """Cell and output gate (before its nonlinearity), as a composition."""
    a, i, f, o = split_gates(x)
    return tanh(a) * sigmoid(i) + sigmoid(f) * c_prev, o


def gate_gradients(x: NdArray, gates: NdArray, c_prev: NdArray, gcell: NdArray, ggate: NdArray) -> NdArray:
    """Gradient of the gates before their nonlinearities, interleaved as they are in ``x``.

    Args:
        x: What came in.
        gates: What :func:`compute_gates` made of it.
        c_prev: Cells before the step.
        gcell: Gradient of the cells after it.
        ggate: Gradient of the output gate, after its nonlinearity.
    """
    xp = backend.get_array_module(x)
    a, i, f, o = gates
    gx = xp.empty_like(x)
    by_gate = xp.moveaxis(gx.reshape(x.shape[0], x.shape[1] // 4, 4, *x.shape[2:]), 2, 0)
    by_gate[0] = gcell * i * (1 - a * a)
    by_gate[1] = gcell * a * i * (1 - i)
    by_gate[2] = gcell * c_prev * f * (1 - f)
    by_gate[3] = ggate * o * (1 - o)
    return gx
