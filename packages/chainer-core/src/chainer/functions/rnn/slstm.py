"""Long short-term memory with two inputs and two cells."""

from __future__ import annotations

from typing import Any

from chainer.functions._composed import Composed
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.rnn._gates import expect_gates, next_cell
from chainer.types import VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class SLSTM(Composed):
    """Node of :func:`slstm`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("c_prev1", "c_prev2", "x1", "x2"))
        c1_type, c2_type, x1_type, x2_type = in_types
        type_check.expect(c2_type.dtype == c1_type.dtype, c1_type.shape == c2_type.shape)
        for c_type, x_type in ((c1_type, x1_type), (c2_type, x2_type)):
            expect_gates(c_type, x_type)
            type_check.expect(c_type.shape[0] == x_type.shape[0])

    def compose(self, *inputs: Variable) -> tuple[Variable, ...]:
        c_prev1, c_prev2, x1, x2 = inputs
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
