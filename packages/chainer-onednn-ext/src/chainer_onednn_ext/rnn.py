"""Layers of recurrent units over packed sequences: the plain body is in ``chainer.functions.rnn._layer``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import declined
from chainer_onednn_ext._table import serves


def _counted(name: str, routine: Callable[..., Any]) -> Callable[..., Any]:
    """The routine, which notes when it leaves the work to the plain body."""

    @functools.wraps(routine)
    def kernel(*arguments: Any) -> Any:
        result = routine(*arguments)
        if result is None:
            declined[name] += 1
        return result

    return kernel


rnn_forward = serves("rnn_forward")(_counted("rnn_forward", _core.rnn_forward))
rnn_backward = serves("rnn_backward")(_counted("rnn_backward", _core.rnn_backward))
