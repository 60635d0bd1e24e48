"""Gated recurrent units over whole sequences, in several layers and in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.split_axis import split_axis
from chainer.functions.rnn._gates import to_logistic
from chainer.functions.rnn.n_step_rnn import n_step_rnn_impl, refuse_arguments
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable


class GRUUnit:
    """Gated recurrent units. Kept are both gates, what the states say to the candidate, and the candidate."""

    name, n_sums, n_gates, has_cells = "gru", 3, 4, False

    def step(self, x: NdArray, s: NdArray, h: NdArray, c: None) -> tuple[NdArray, None, NdArray]:
        xp = backend.get_array_module(x)
        n = h.shape[1]
        gates = xp.concatenate([s, x[:, 2 * n :]], axis=1)
        rz, candidate = gates[:, : 2 * n], gates[:, 3 * n :]
        rz += x[:, : 2 * n]
        to_logistic(rz)
        candidate += rz[:, :n] * s[:, 2 * n :]
        xp.tanh(candidate, out=candidate)
        return candidate + rz[:, n:] * (h - candidate), None, gates

    def gradients(
        self, gates: NdArray, h: NdArray, h_before: NdArray, c: None, c_before: None, gh: NdArray, gc: None
    ) -> tuple[NdArray, NdArray, NdArray, None]:
        xp = backend.get_array_module(gates)
        n = h.shape[1]
        r, z, s, candidate = (gates[:, k : k + n] for k in range(0, 4 * n, n))
        direct = gh * z
        gcandidate = (gh - direct) * (1 - candidate * candidate)
        gr = gcandidate * s * r * (1 - r)
        gz = direct * (h_before - candidate) * (1 - z)
        gx = xp.concatenate([gr, gz, gcandidate], axis=1)
        return gx, xp.concatenate([gr, gz, gcandidate * r], axis=1), direct, None

    def compose(self, x: Variable, s: Variable, h: Variable, c: None) -> tuple[Variable, None]:
        (xr, xz, xh), (sr, sz, sh) = split_axis(x, 3, axis=1), split_axis(s, 3, axis=1)
        z = sigmoid(xz + sz)
        candidate = tanh(xh + sigmoid(xr + sr) * sh)
        return candidate + z * (h - candidate), None


def n_step_gru(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    r"""Runs layers of gated recurrent units over sequences.

    In each layer,

    .. math::
        r_t &= \sigma(W_0 x_t + W_3 h_{t-1} + b_0 + b_3), \\
        z_t &= \sigma(W_1 x_t + W_4 h_{t-1} + b_1 + b_4), \\
        \bar{h}_t &= \tanh(W_2 x_t + b_2 + r_t (W_5 h_{t-1} + b_5)), \\
        h_t &= (1 - z_t) \bar{h}_t + z_t h_{t-1}.

    The input of a layer is the output of the one before, with dropout.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(n_layers, B, C)``.
        ws: Weights: ``ws[i][j]`` is :math:`W_j` of layer ``i``. Shape ``(C, I)`` in the first layer for ``j < 3``, else
            ``(C, C)``.
        bs: Biases, likewise. Shape ``(C,)``.
        xs: Inputs of each time step. Shape ``(B_t, I)``, where ``B_t`` is not greater than the one before: sequences
            are sorted by length, longest first. See :func:`~chainer.functions.transpose_sequence`.
        kwargs: None is taken; ``use_cudnn`` and ``train`` are withdrawn.

    Returns:
        Last states, of shape ``(n_layers, B, C)``, and the list of the last layer's states at each time step, of shape
        ``(B_t, C)``.

    Raises:
        ValueError: ``xs`` is empty, or there are not as many states, weights and biases as layers.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit, or a batch grows.

    References:
        Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*,
        EMNLP 2014.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> f = np.float32
        >>> ws = [[np.zeros((2, 3), f)] * 3 + [np.zeros((2, 2), f)] * 3]
        >>> bs = [[np.zeros(2, f)] * 6]
        >>> xs = [np.zeros((2, 3), f), np.zeros((1, 3), f)]
        >>> hy, ys = F.n_step_gru(1, 0.0, np.ones((1, 2, 2), f), ws, bs, xs)
        >>> hy
        variable([[[0.25, 0.25],
                   [0.5 , 0.5 ]]])
    """
    return n_step_gru_base(n_layers, dropout_ratio, hx, ws, bs, xs, use_bi_direction=False, **kwargs)


def n_step_bigru(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    """Runs layers of gated recurrent units over sequences in both directions.

    As :func:`n_step_gru`, but each layer has two parts: one runs forward, the other backward in time, and their
    outputs are joined. States, weights and biases alternate: forward and backward of the first layer, of the second,
    and so on.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(2 * n_layers, B, C)``.
        ws: Weights. Those of inputs have shape ``(C, I)`` in the first layer and ``(C, 2 C)`` in the others.
        bs: Biases.
        xs: Inputs of each time step, as for :func:`n_step_gru`.
        kwargs: None is taken.

    Returns:
        Last states, of shape ``(2 * n_layers, B, C)``, and the list of the last layer's outputs, of shape
        ``(B_t, 2 C)``.

    Raises:
        ValueError: As for :func:`n_step_gru`.
        chainer.utils.type_check.InvalidType: As for :func:`n_step_gru`.
    """
    return n_step_gru_base(n_layers, dropout_ratio, hx, ws, bs, xs, use_bi_direction=True, **kwargs)


def n_step_gru_base(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    use_bi_direction: bool,
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    """What :func:`n_step_gru` and :func:`n_step_bigru` have in common.

    Args:
        n_layers: As there.
        dropout_ratio: As there.
        hx: As there.
        ws: As there.
        bs: As there.
        xs: As there.
        use_bi_direction: Whether each layer runs in both directions.
        kwargs: As there.
    """
    refuse_arguments(kwargs)
    hy, _, ys = n_step_rnn_impl(GRUUnit(), n_layers, dropout_ratio, hx, None, ws, bs, xs, use_bi_direction)
    return hy, ys
