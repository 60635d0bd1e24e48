"""Long short-term memory."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions._composed import second_gradients
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.concat import concat
from chainer.functions.rnn._gates import compute_gates, expect_gates, gate_gradients, next_cell
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class LSTM(FunctionNode):
    """Node of :func:`lstm`. Keeps the gates, so that backward need not compute them again.

    The kernel ``lstm(c_prev, x)`` returns the outputs, gates of shape ``(4, B, C)`` and the hyperbolic tangent of the
    next cells; ``lstm_backward(c_prev, gc, gh, gates, tanh_c)`` returns the gradients of the inputs, where ``None``
    stands for a gradient of zeros. Both may return ``None`` to leave it to the plain body.
    """

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("c", "x"))
        c_type, x_type = in_types
        expect_gates(c_type, x_type)
        type_check.expect(x_type.shape[0] <= c_type.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        c_prev, x = inputs
        self.retain_inputs((0, 1))
        kernel = kernels.find("lstm", x)
        if kernel is not None and (results := kernel(c_prev, x)) is not None:
            c, h, self.gates, self.tanh_c = results
            return c, h
        batch = len(x)
        self.gates = a, i, f, o = compute_gates(x)
        c = f * c_prev[:batch]
        c += a * i
        self.tanh_c = tanh_c = backend.get_array_module(c).tanh(c)
        h = o * tanh_c
        if batch < len(c_prev):
            c = backend.get_array_module(c).concatenate([c, c_prev[batch:]])
        return c, h

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        c_prev, x = self.get_retained_inputs()
        gc, gh = grad_outputs
        if gc is None:
            gc = Variable(x.xp.zeros_like(c_prev.array), requires_grad=False)
        if gh is None:
            gh = Variable(x.xp.zeros_like(self.tanh_c), requires_grad=False)
        gxs = LSTMGrad(self.gates, self.tanh_c).apply((c_prev, x, gc, gh))
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        c_prev, x = self.get_retained_input_arrays()
        gc, gh = grad_outputs
        gxs = _gradients(c_prev, x, gc, gh, self.gates, self.tanh_c)
        return tuple([gxs[i] for i in indexes])

    def _release(self) -> None:
        super()._release()
        self.gates = self.tanh_c = None


def _gradients(
    c_prev: NdArray, x: NdArray, gc: NdArray | None, gh: NdArray | None, gates: NdArray, tanh_c: NdArray
) -> tuple[NdArray, NdArray]:
    """Gradients of ``c_prev`` and ``x``; that of an output on which nothing depends is ``None``."""
    kernel = kernels.find("lstm_backward", x)
    if kernel is not None and (gradients := kernel(c_prev, gc, gh, gates, tanh_c)) is not None:
        return gradients
    xp = backend.get_array_module(x)
    _, _, f, o = gates
    batch = len(x)
    if gh is None:
        gh = xp.zeros_like(tanh_c)
    gcell = 1 - tanh_c * tanh_c
    gcell *= o
    gcell *= gh
    if gc is not None:
        gcell += gc[:batch]
    gx = gate_gradients(x, gates, c_prev[:batch], gcell, gh * tanh_c)
    gcell *= f
    if batch < len(c_prev):
        gcell = xp.concatenate([gcell, xp.zeros_like(c_prev[batch:]) if gc is None else gc[batch:]])
    return gcell, gx


class LSTMGrad(FunctionNode):
    """Gradients of :func:`lstm`, of ``(c_prev, x, gc, gh)``.

    Args:
        gates: The gates. Shape ``(4, B, C, ...)``.
        tanh_c: Hyperbolic tangent of the next cell.
    """

    def __init__(self, gates: NdArray, tanh_c: NdArray) -> None:
        self.gates = gates
        self.tanh_c = tanh_c

    def forward(self, inputs: Arrays) -> Arrays:
        c_prev, x, gc, gh = inputs
        self.retain_inputs((0, 1, 2, 3))
        return _gradients(c_prev, x, gc, gh, self.gates, self.tanh_c)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        c_prev, x, gc, gh = self.get_retained_inputs()
        gradients = second_gradients(_composed, (c_prev, x), (gc, gh), grad_outputs)
        return tuple([gradients[i] for i in indexes])


def _composed(c_prev: Variable, x: Variable) -> tuple[Variable, Variable]:
    """The same as :class:`LSTM`, of simple functions."""
    batch = x.shape[0]
    ends_early = batch < c_prev.shape[0]
    c, o = next_cell(c_prev[:batch] if ends_early else c_prev, x)
    h = sigmoid(o) * tanh(c)
    return concat([c, c_prev[batch:]], axis=0) if ends_early else c, h


def lstm(c_prev: VariableLike, x: VariableLike) -> tuple[Variable, Variable]:
    r"""A step of long short-term memory units.

    With cell input :math:`a`, input gate :math:`i`, forget gate :math:`f` and output gate :math:`o`, which lie
    interleaved per unit along the second axis of ``x``,

    .. math::
        c &= \tanh(a) \sigma(i) + c_{\text{prev}} \sigma(f), \\
        h &= \tanh(c) \sigma(o).

    Args:
        c_prev: Cells before the step, of a float dtype. Shape ``(B', C, ...)``.
        x: What comes into the units. Shape ``(B, 4 C, ...)`` with ``B <= B'``: of a batch in descending order of
            length, sequences that have ended may be left out, and their cells stay as they are.

    Returns:
        Cells after the step, of shape ``(B', C, ...)``, and outputs, of shape ``(B, C, ...)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit.

    References:
        Hochreiter and Schmidhuber, *Long Short-Term Memory*, Neural Computation 1997.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> c, h = F.lstm(np.ones((1, 2), np.float32), np.zeros((1, 8), np.float32))
        >>> c
        variable([[0.5, 0.5]])
    """
    c, h = LSTM().apply((c_prev, x))
    return c, h
