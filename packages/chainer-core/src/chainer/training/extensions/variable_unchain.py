"""Last resort against graphs that stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.configuration import config
from chainer.training.extension import Extension
from chainer.variable import Variable

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class unchain_variables(Extension):
    """Lets go of the graphs behind all observed Variables after the other extensions are done.

    It acts only if ``chainer.config.keep_graph_on_report`` is on: otherwise reporting has let go of them already.
    """

    priority = 0

    def __init__(self) -> None:
        self._prev_flag: bool | None = None

    def initialize(self, _: Trainer) -> None:
        """Notes whether graphs are kept."""
        self._prev_flag = config.keep_graph_on_report

    def trigger(self, _: Trainer) -> bool:
        """Whether graphs were kept since the last call."""
        kept, self._prev_flag = self._prev_flag, config.keep_graph_on_report
        return bool(kept)

    def __call__(self, trainer: Trainer) -> None:
        """Unchains the observation."""
        for value in trainer.observation.values():
            if isinstance(value, Variable):
                value.unchain_backward()
