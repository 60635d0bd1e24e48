"""Long short-term memory along trees."""

from __future__ import annotations

from typing import Any

from chainer.functions._composed import Composed
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.split_axis import split_axis
from chainer.types import VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class TreeLSTM(Composed):
    """Node of :func:`tree_lstm`."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() >= 2)
        *c_types, x_type = in_types
        first = c_types[0]
        type_check.expect(first.dtype.kind == "f", first.ndim >= 2)
        for c_type in c_types[1:]:
            type_check.expect(c_type.dtype == first.dtype, c_type.shape == first.shape)
        type_check.expect(x_type.dtype == first.dtype, x_type.ndim == first.ndim)
        type_check.expect(
            x_type.shape[0] == first.shape[0],
            x_type.shape[1] == (3 + len(c_types)) * first.shape[1],
        )
        for i in range(2, type_check.eval(first.ndim)):
            type_check.expect(x_type.shape[i] == first.shape[i])

    def compose(self, *inputs: Variable) -> tuple[Variable, ...]:
        *cs, x = inputs
        a, i, o, *fs = split_axis(x, len(cs) + 3, axis=1)
        c = tanh(a) * sigmoid(i)
        for f, c_prev in zip(fs, cs):
            c = c + sigmoid(f) * c_prev
        return c, sigmoid(o) * tanh(c)


def tree_lstm(*inputs: VariableLike) -> tuple[Variable, Variable]:
    r"""A step of units of a tree-structured LSTM, with a forget gate for each child.

    With cell input :math:`a`, input gate :math:`i`, output gate :math:`o` and forget gates :math:`f_1, \dots, f_N`,
    which follow each other in this order along the second axis of ``x``,

    .. math::
        c &= \tanh(a) \sigma(i) + \sum_n c_n \sigma(f_n), \\
        h &= \tanh(c) \sigma(o).

    Args:
        inputs: Cells of the children :math:`c_1, \dots, c_N`, of shape ``(B, C)`` and a float dtype, and then ``x``, of
            shape ``(B, (3 + N) C)``.

    Returns:
        Cells and outputs of the parent. Shape ``(B, C)`` each.

    Raises:
        chainer.utils.type_check.InvalidType: There is no child, or shapes or dtypes do not fit.

    References:
        Tai, Socher and Manning, *Improved Semantic Representations From Tree-Structured Long Short-Term Memory
        Networks*, ACL 2015.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> c, x = np.ones((1, 2), np.float32), np.zeros((1, 10), np.float32)
        >>> F.tree_lstm(c, c, x)[0]
        variable([[1., 1.]])
    """
    c, h = TreeLSTM().apply(inputs)
    return c, h
