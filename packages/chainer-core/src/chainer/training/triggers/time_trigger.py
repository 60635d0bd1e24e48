"""Trigger that fires by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.serializer import AbstractSerializer

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class TimeTrigger:
    """Fires once every ``period`` seconds of training, at the end of the iteration in which they have passed.

    Args:
        period: Seconds between two firings. The time before a snapshot counts.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._next_time = period

    def __call__(self, trainer: Trainer) -> bool:
        """Whether the time has come."""
        if self._next_time >= trainer.elapsed_time:
            return False
        self._next_time += self._period
        return True

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores when it fires next."""
        self._next_time = float(serializer("next_time", float(self._next_time)))
