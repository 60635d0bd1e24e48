"""Trigger that fires at regular intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.serializer import AbstractSerializer
from chainer.training.triggers._progress import Progress

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class IntervalTrigger:
    """Fires once every ``period`` epochs or iterations. Where a trigger is asked for, ``(period, unit)`` means this.

    Args:
        period: Length of the interval, larger than zero. Need not be whole: ``(0.5, 'epoch')`` is twice an epoch.
        unit: ``'epoch'`` or ``'iteration'``.

    Raises:
        ValueError: An argument is none of these.

    Example:
        >>> from chainer.training.triggers import IntervalTrigger
        >>> IntervalTrigger(2, "epoch").get_training_length()
        (2, 'epoch')
    """

    def __init__(self, period: float, unit: str) -> None:
        self._progress = Progress(unit)
        if not period > 0:
            raise ValueError(f"the period of a trigger must be larger than zero, got {period!r}")
        self.period = period
        self.unit = unit

    def __call__(self, trainer: Trainer) -> bool:
        """Whether a multiple of the period lies between the last call and now."""
        before, now = self._progress.advance(trainer)
        return before // self.period != now // self.period

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores when it was called last."""
        self._progress.serialize(serializer)

    def get_training_length(self) -> tuple[float, str]:
        """Period and unit: how long training is if this stops it."""
        return self.period, self.unit

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.period}, {self.unit!r})"
