"""Trigger that fires at given points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional
from chainer.training.triggers._progress import Progress

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class ManualScheduleTrigger:
    """Fires at given epochs or iterations.

    Args:
        points: When to fire: a number, or several.
        unit: ``'epoch'`` or ``'iteration'``.

    Attributes:
        finished: Whether the last point has passed.

    Raises:
        ValueError: The unit is neither of the two.
    """

    def __init__(self, points: float | Sequence[float], unit: str) -> None:
        self._progress = Progress(unit)
        self.points = list(points) if isinstance(points, Sequence) else [points]
        self.unit = unit
        self.finished = False

    def __call__(self, trainer: Trainer) -> bool:
        """Whether a point lies between the last call and now."""
        before, now = self._progress.advance(trainer)
        if now >= max(self.points, default=0):
            self.finished = True
        return any(before < point <= now for point in self.points)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores when it was called last."""
        self._progress.serialize(serializer)
        self.finished = optional(serializer, "finished", self.finished)
