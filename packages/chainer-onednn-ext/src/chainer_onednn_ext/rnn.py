"""Recurrent layers over packed sequences, and single steps of them; plain bodies are in ``chainer.functions.rnn``."""

from __future__ import annotations

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers

rnn_forward = offers("rnn_forward", _core.rnn_forward)
rnn_backward = offers("rnn_backward", _core.rnn_backward)
lstm = offers("lstm", _core.lstm)
lstm_backward = offers("lstm_backward", _core.lstm_backward)
gru_reset = offers("gru_reset", _core.gru_reset)
gru_reset_backward = offers("gru_reset_backward", _core.gru_reset_backward)
gru_output = offers("gru_output", _core.gru_output)
gru_output_backward = offers("gru_output_backward", _core.gru_output_backward)
