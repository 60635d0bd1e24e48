"""Long short-term memory over whole sequences, in several layers and in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.split_axis import split_axis
from chainer.functions.rnn._gates import to_logistic
from chainer.functions.rnn.n_step_rnn import n_step_rnn_impl, refuse_arguments, zero_states
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable, as_variable


class LSTMUnit:
    """Long short-term memory; its gates are input, forget, cell input and output, side by side."""

    name, n_sums, n_gates, has_cells = "lstm", 4, 4, True

    def step(self, x: NdArray, s: NdArray, h: NdArray, c: NdArray) -> tuple[NdArray, NdArray, NdArray]:
        tanh = backend.get_array_module(x).tanh
        n = h.shape[1]
        gates = x + s
        i, f, a, o = _columns(gates, n)
        to_logistic(gates[:, : 2 * n])
        tanh(a, out=a)
        to_logistic(o)
        c = f * c + i * a
        return o * tanh(c), c, gates

    def gradients(
        self, gates: NdArray, h: NdArray, h_before: NdArray, c: NdArray, c_before: NdArray, gh: NdArray, gc: NdArray
    ) -> tuple[NdArray, NdArray, None, NdArray]:
        xp = backend.get_array_module(gates)
        i, f, a, o = _columns(gates, h.shape[1])
        tanh_c = xp.tanh(c)
        gcell = gc + gh * o * (1 - tanh_c * tanh_c)
        gx = xp.concatenate(
            [
                gcell * a * i * (1 - i),
                gcell * c_before * f * (1 - f),
                gcell * i * (1 - a * a),
                gh * tanh_c * o * (1 - o),
            ],
            axis=1,
        )
        return gx, gx, None, gcell * f

    def compose(self, x: Variable, s: Variable, h: Variable, c: Variable) -> tuple[Variable, Variable]:
        i, f, a, o = split_axis(x + s, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(a)
        return sigmoid(o) * tanh(c), c


def _columns(gates: NdArray, n: int) -> list[NdArray]:
    return [gates[:, k : k + n] for k in range(0, 4 * n, n)]


def n_step_lstm(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    cx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    **kwargs: Any,
) -> tuple[Variable, Variable, list[Variable]]:
    r"""Runs layers of long short-term memory over sequences.

    In each layer,

    .. math::
        i_t &= \sigma(W_0 x_t + W_4 h_{t-1} + b_0 + b_4), \\
        f_t &= \sigma(W_1 x_t + W_5 h_{t-1} + b_1 + b_5), \\
        a_t &= \tanh(W_2 x_t + W_6 h_{t-1} + b_2 + b_6), \\
        o_t &= \sigma(W_3 x_t + W_7 h_{t-1} + b_3 + b_7), \\
        c_t &= f_t c_{t-1} + i_t a_t, \\
        h_t &= o_t \tanh(c_t).

    The input of a layer is the output of the one before, with dropout.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(n_layers, B, C)``.
        cx: Initial cells, likewise.
        ws: Weights: ``ws[i][j]`` is :math:`W_j` of layer ``i``. Shape ``(C, I)`` in the first layer for ``j < 4``, else
            ``(C, C)``.
        bs: Biases, likewise. Shape ``(C,)``.
        xs: Inputs of each time step. Shape ``(B_t, I)``, where ``B_t`` is not greater than the one before: sequences
            are sorted by length, longest first. See :func:`~chainer.functions.transpose_sequence`.
        kwargs: None is taken; ``use_cudnn`` and ``train`` are withdrawn.

    Returns:
        Last states and last cells, of shape ``(n_layers, B, C)``, and the list of the last layer's states at each time
        step, of shape ``(B_t, C)``.

    Raises:
        ValueError: ``xs`` is empty, or there are not as many states, weights and biases as layers.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit, or a batch grows.

    References:
        Hochreiter and Schmidhuber, *Long Short-Term Memory*, Neural Computation 1997.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> f = np.float32
        >>> ws = [[np.zeros((2, 3), f)] * 4 + [np.zeros((2, 2), f)] * 4]
        >>> bs = [[np.zeros(2, f)] * 8]
        >>> xs = [np.zeros((2, 3), f), np.zeros((1, 3), f)]
        >>> hy, cy, ys = F.n_step_lstm(1, 0.0, None, np.ones((1, 2, 2), f), ws, bs, xs)
        >>> cy
        variable([[[0.25, 0.25],
                   [0.5 , 0.5 ]]])
    """
    return n_step_lstm_base(n_layers, dropout_ratio, hx, cx, ws, bs, xs, use_bi_direction=False, **kwargs)


def n_step_bilstm(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    cx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    **kwargs: Any,
) -> tuple[Variable, Variable, list[Variable]]:
    """Runs layers of long short-term memory over sequences in both directions.

    As :func:`n_step_lstm`, but each layer has two parts: one runs forward, the other backward in time, and their
    outputs are joined. States, weights and biases alternate: forward and backward of the first layer, of the second,
    and so on.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(2 * n_layers, B, C)``.
        cx: Initial cells, likewise.
        ws: Weights. Those of inputs have shape ``(C, I)`` in the first layer and ``(C, 2 C)`` in the others.
        bs: Biases.
        xs: Inputs of each time step, as for :func:`n_step_lstm`.
        kwargs: None is taken.

    Returns:
        Last states and last cells, of shape ``(2 * n_layers, B, C)``, and the list of the last layer's outputs, of
        shape ``(B_t, 2 C)``.

    Raises:
        ValueError: As for :func:`n_step_lstm`.
        chainer.utils.type_check.InvalidType: As for :func:`n_step_lstm`.

    References:
        Graves and Schmidhuber, *Framewise Phoneme Classification with Bidirectional LSTM and Other Neural Network
        Architectures*, Neural Networks 2005.
    """
    return n_step_lstm_base(n_layers, dropout_ratio, hx, cx, ws, bs, xs, use_bi_direction=True, **kwargs)


def n_step_lstm_base(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    cx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    use_bi_direction: bool,
    **kwargs: Any,
) -> tuple[Variable, Variable, list[Variable]]:
    """What :func:`n_step_lstm` and :func:`n_step_bilstm` have in common.

    Args:
        n_layers: As there.
        dropout_ratio: As there.
        hx: As there.
        cx: As there.
        ws: As there.
        bs: As there.
        xs: As there.
        use_bi_direction: Whether each layer runs in both directions.
        kwargs: As there.
    """
    refuse_arguments(kwargs)
    if cx is None and len(xs) > 0:
        cx = zero_states(n_layers * (2 if use_bi_direction else 1), xs[0], ws)
    hy, cy, ys = n_step_rnn_impl(LSTMUnit(), n_layers, dropout_ratio, hx, cx, ws, bs, xs, use_bi_direction)
    return hy, as_variable(cy), ys
