"""How far training was when a trigger was asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.serializer import AbstractSerializer

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

UNITS = ("epoch", "iteration")


def check_unit(unit: str) -> None:
    """Raises:
    ValueError: ``unit`` is not one of :data:`UNITS`.
    """
    if unit not in UNITS:
        raise ValueError(f"trigger unit must be either 'epoch' or 'iteration', got {unit!r}")


class Progress:
    """The stretch of training between two calls, measured in one unit.

    A trigger that looks at the stretch, and not at the point it is at, misses nothing when it is not asked in every
    iteration, or when an epoch does not end with an iteration.
    """

    def __init__(self, unit: str) -> None:
        check_unit(unit)
        self._unit = unit
        self._iteration = 0
        self._epoch_detail = 0.0

    def advance(self, trainer: Trainer) -> tuple[float, float]:
        """Position at the last call and position now."""
        before = self._position()
        self._iteration = trainer.updater.iteration
        self._epoch_detail = trainer.updater.epoch_detail
        return before, self._position()

    def _position(self) -> float:
        return self._epoch_detail if self._unit == "epoch" else self._iteration

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the position, in both units as was published."""
        self._iteration = serializer("previous_iteration", self._iteration)
        self._epoch_detail = serializer("previous_epoch_detail", self._epoch_detail)
