"""Long short-term memory with two inputs and two cells."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions._composed import second_gradients
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.rnn._gates import compute_gates, expect_gates, gate_gradients, next_cell
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SLSTM(FunctionNode):
    """Node of :func:`slstm`. Keeps the gates, so that backward need not compute them again."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("c_prev1", "c_prev2", "x1", "x2"))
        c1_type, c2_type, x1_type, x2_type = in_types
        type_check.expect(c2_type.dtype == c1_type.dtype, c1_type.shape == c2_type.shape)
        for c_type, x_type in ((c1_type, x1_type), (c2_type, x2_type)):
            expect_gates(c_type, x_type)
            type_check.expect(c_type.shape[0] == x_type.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        c_prev1, c_prev2, x1, x2 = inputs
        self.retain_inputs((0, 1, 2, 3))
        joined = x1.copy()
        joined[:, 3::4] += x2[:, 3::4]  # the two share one output gate
        self.gates1, self.gates2 = compute_gates(joined), compute_gates(x2)
        self.gates2[3] = self.gates1[3]
        (a1, i1, f1, o), (a2, i2, f2, _) = self.gates1, self.gates2
        c = a1 * i1 + f1 * c_prev1 + a2 * i2 + f2 * c_prev2
        self.tanh_c = backend.get_array_module(c).tanh(c)
        return c, o * self.tanh_c

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = self.get_retained_inputs()
        gc, gh = [
            Variable(inputs[0].xp.zeros_like(inputs[0].array), requires_grad=False) if gy is None else gy
            for gy in grad_outputs
        ]
        gxs = SLSTMGrad(self.gates1, self.gates2, self.tanh_c).apply((*inputs, gc, gh))
        return tuple([gxs[i] for i in indexes])

    def _release(self) -> None:
        super()._release()
        self.gates1 = self.gates2 = self.tanh_c = None


class SLSTMGrad(FunctionNode):
    """Gradients of :func:`slstm`, of ``(c_prev1, c_prev2, x1, x2, gc, gh)``.

    Args:
        gates1: The gates of the first branch; the output gate is that of both. Shape ``(4, B, C, ...)``.
        gates2: The gates of the second branch, likewise.
        tanh_c: Hyperbolic tangent of the cells.
    """

    def __init__(self, gates1: NdArray, gates2: NdArray, tanh_c: NdArray) -> None:
        self.gates1 = gates1
        self.gates2 = gates2
        self.tanh_c = tanh_c

    def forward(self, inputs: Arrays) -> Arrays:
        c_prev1, c_prev2, x1, x2, gc, gh = inputs
        self.retain_inputs((0, 1, 2, 3, 4, 5))
        gcell = gh * self.gates1[3] * (1 - self.tanh_c * self.tanh_c) + gc
        ggate = gh * self.tanh_c
        gx1 = gate_gradients(x1, self.gates1, c_prev1, gcell, ggate)
        gx2 = gate_gradients(x2, self.gates2, c_prev2, gcell, ggate)
        return gcell * self.gates1[2], gcell * self.gates2[2], gx1, gx2

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        *inputs, gc, gh = self.get_retained_inputs()
        gradients = second_gradients(_composed, inputs, (gc, gh), grad_outputs)
        return tuple([gradients[i] for i in indexes])


def _composed(c_prev1: Variable, c_prev2: Variable, x1: Variable, x2: Variable) -> tuple[Variable, Variable]:
    """The same as :class:`SLSTM`, of simple functions."""
    c1, o1 = next_cell(c_prev1, x1)
    c2, o2 = next_cell(c_prev2, x2)
    c = c1 + c2
    return c, sigmoid(o1 + o2) * tanh(c)


def slstm(
    c_prev1: VariableLike, c_prev2: VariableLike, x1: VariableLike, x2: VariableLike
) -> tuple[Variable, Variable]:
    r"""A step of S-LSTM units, which join two branches of a tree.

    With the gates of :func:`~chainer.functions.lstm` for each of the two inputs, interleaved per unit,

    .. math::
        c &= \tanh(a_1) \sigma(i_1) + c_{\text{prev} 1} \sigma(f_1)
           + \tanh(a_2) \sigma(i_2) + c_{\text{prev} 2} \sigma(f_2), \\
        h &= \tanh(c) \sigma(o_1 + o_2).

    Args:
        c_prev1: Cells of the first branch, of a float dtype. Shape ``(B, C, ...)``.
        c_prev2: Cells of the second branch, of the same shape.
        x1: What comes in from the first branch. Shape ``(B, 4 C, ...)``.
        x2: What comes in from the second branch, of the same shape.

    Returns:
        Cells and outputs of the joint. Shape ``(B, C, ...)`` each.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit.

    References:
        Zhu, Sobhani and Guo, *Long Short-Term Memory Over Tree Structures*, ICML 2015.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> c, x = np.ones((1, 2), np.float32), np.zeros((1, 8), np.float32)
        >>> F.slstm(c, c, x, x)[0]
        variable([[1., 1.]])
    """
    c, h = SLSTM().apply((c_prev1, c_prev2, x1, x2))
    return c, h
