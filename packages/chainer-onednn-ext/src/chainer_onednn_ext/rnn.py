"""Recurrent layers over packed sequences, and LSTM step by step; the plain bodies are in ``chainer.functions.rnn``."""

from __future__ import annotations

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import counted
from chainer_onednn_ext._table import serves

rnn_forward = serves("rnn_forward")(counted("rnn_forward", _core.rnn_forward))
rnn_backward = serves("rnn_backward")(counted("rnn_backward", _core.rnn_backward))
lstm = serves("lstm")(counted("lstm", _core.lstm))
lstm_backward = serves("lstm_backward")(counted("lstm_backward", _core.lstm_backward))
