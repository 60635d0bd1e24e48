"""Ratio of two sums over an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer.serializer import AbstractSerializer
from chainer.training._resume import number, optional_child
from chainer.training.extension import PRIORITY_EDITOR, Extension
from chainer.training.triggers._get_trigger import get_trigger

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class MicroAverage(Extension):
    """Observes the sum of one value over that of another.

    The mean of ratios weighs a small batch like a large one; this counts each example once. Values that are not
    observed in an iteration are left out.

    Args:
        numerator_key: Name of the observed numerator, for example the number of correct answers.
        denominator_key: Name of the observed denominator, for example the number of questions.
        result_key: Name under which the ratio is observed.
        trigger: When an interval ends: a trigger, or its period and unit.
    """

    priority = PRIORITY_EDITOR

    def __init__(self, numerator_key: str, denominator_key: str, result_key: str, trigger: Any = (1, "epoch")) -> None:
        self._trigger = get_trigger(trigger)
        self._numerator_key = numerator_key
        self._denominator_key = denominator_key
        self._result_key = result_key
        self._numerator: float = 0
        self._denominator: float = 0

    def __call__(self, trainer: Trainer) -> None:
        """Adds the two values and, at the end of an interval, observes the ratio."""
        observation = trainer.observation
        if self._numerator_key in observation and self._denominator_key in observation:
            self._numerator += _number(observation[self._numerator_key])
            self._denominator += _number(observation[self._denominator_key])
        if self._trigger(trainer):
            # Nothing out of nothing is unknown, not an error that ends the training.
            ratio = self._numerator / self._denominator if self._denominator else float("nan")
            observation[self._result_key] = ratio
            self._numerator = self._denominator = 0

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the sums and, what snapshots of chainer 7.8.1 lack, the interval in progress."""
        optional_child(self._trigger, serializer["_trigger"])
        self._numerator = number(serializer, "_numerator", self._numerator)
        self._denominator = number(serializer, "_denominator", self._denominator)


def _number(value: Any) -> float:
    value = getattr(value, "array", value)
    return value.item() if hasattr(value, "item") else value
