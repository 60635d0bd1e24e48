"""Triggers that fire when a value is better than ever before."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer
from chainer.training._resume import number
from chainer.training.triggers._get_trigger import get_trigger

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class BestValueTrigger:
    """Fires when the mean of a value over an interval is the best so far.

    Args:
        key: Name of the observed value, for example ``'validation/main/accuracy'``.
        compare: Function of the best mean so far and the new one that tells whether the new one is better.
        trigger: When an interval ends: a trigger, or its period and unit.

    Example:
        >>> from chainer.training.triggers import BestValueTrigger
        >>> closest_to_one = BestValueTrigger("ratio", lambda best, new: abs(new - 1) < abs(best - 1))
    """

    selects_best = True

    def __init__(self, key: str, compare: Callable[[float, float], bool], trigger: Any = (1, "epoch")) -> None:
        self._key = key
        self._best_value: float | None = None
        self._interval_trigger = get_trigger(trigger)
        self._summary = DictSummary()
        self._compare = compare

    def __call__(self, trainer: Trainer) -> bool:
        """Whether an interval ends and its mean is the best.

        Raises:
            KeyError: The value was not observed in the interval.
        """
        if self._key in trainer.observation:
            self._summary.add({self._key: trainer.observation[self._key]})
        if not self._interval_trigger(trainer):
            return False
        means = self._summary.compute_mean()
        self._summary = DictSummary()
        if self._key not in means:
            raise KeyError(
                f"{self._key!r} has not been observed as a scalar; in this iteration there are "
                f"{', '.join(trainer.observation) or 'no values'}"
            )
        value = float(means[self._key])
        if self._best_value is not None and not self._compare(self._best_value, value):
            return False
        self._best_value = value
        return True

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the best value and the interval in progress."""
        if hasattr(self._interval_trigger, "serialize"):
            self._interval_trigger.serialize(serializer["interval_trigger"])
        self._summary.serialize(serializer["summary"])
        self._best_value = number(serializer, "best_value", self._best_value)


class MaxValueTrigger(BestValueTrigger):
    """Fires when the mean of a value over an interval is larger than ever before.

    Args:
        key: Name of the observed value.
        trigger: When an interval ends: a trigger, or its period and unit.
    """

    def __init__(self, key: str, trigger: Any = (1, "epoch")) -> None:
        super().__init__(key, operator.lt, trigger)


class MinValueTrigger(BestValueTrigger):
    """Fires when the mean of a value over an interval is smaller than ever before.

    Args:
        key: Name of the observed value.
        trigger: When an interval ends: a trigger, or its period and unit.
    """

    def __init__(self, key: str, trigger: Any = (1, "epoch")) -> None:
        super().__init__(key, operator.gt, trigger)
