"""Trigger that ends training when it does not get better any more."""

from __future__ import annotations

import operator
import warnings
from typing import TYPE_CHECKING, Any

from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional, optional_child
from chainer.training.triggers._get_trigger import get_trigger
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

_MODES = ("auto", "max", "min")


class EarlyStoppingTrigger:
    """Fires when a value has not improved for a while, or at the latest when training is as long as allowed.

    Use it as the ``stop_trigger`` of a trainer.

    Args:
        check_trigger: When to look at the mean of the value since the last look: a trigger, or its period and unit.
        monitor: Name of the observed value.
        patience: How many looks without improvement to bear; the default is 3. (``patients``, the former name, works.)
        mode: ``'max'`` if larger is better, ``'min'`` if smaller is; ``'auto'`` is ``'max'`` for a name with
            ``accuracy`` in it, else ``'min'``.
        verbose: Whether to print why it fires.
        max_trigger: When to stop in any case.

    Example:
        >>> from chainer.training.triggers import EarlyStoppingTrigger
        >>> EarlyStoppingTrigger(monitor="validation/main/loss", max_trigger=(30, "epoch")).get_training_length()
        (30, 'epoch')
    """

    def __init__(
        self,
        check_trigger: Any = (1, "epoch"),
        monitor: str = "main/loss",
        patience: int | None = None,
        mode: str = "auto",
        verbose: bool = False,
        max_trigger: Any = (100, "epoch"),
        **kwargs: Any,
    ) -> None:
        (patients,) = argument.parse_kwargs(kwargs, ("patients", None))
        if patience is None:
            patience = 3 if patients is None else patients
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(_MODES)}, got {mode!r}")
        is_max = mode == "max" or (mode == "auto" and "accuracy" in monitor)
        self.count = 0
        self.patience = patience
        self.monitor = monitor
        self.verbose = verbose
        self.already_warning = False
        self.best = float("-inf") if is_max else float("inf")
        self._compare = operator.gt if is_max else operator.lt
        self._max_trigger = get_trigger(max_trigger)
        self._interval_trigger = get_trigger(check_trigger)
        self._summary = DictSummary()
        if verbose:
            print("early stopping: operator is", "greater" if is_max else "less")

    def __call__(self, trainer: Trainer) -> bool:
        """Whether training is to stop."""
        if self.monitor in trainer.observation:
            self._summary.add({self.monitor: trainer.observation[self.monitor]})
        # Both are asked every time: they keep track of where training is.
        is_over, is_look = self._max_trigger(trainer), self._interval_trigger(trainer)
        return is_over or (is_look and self._is_hopeless(trainer))

    def _is_hopeless(self, trainer: Trainer) -> bool:
        means = self._summary.compute_mean()
        self._summary = DictSummary()
        if self.monitor not in means:
            if not self.already_warning:
                warnings.warn(f"{self.monitor} has not been observed, so it cannot stop training early", stacklevel=2)
                self.already_warning = True
            return False
        value = float(means[self.monitor])
        if self._compare(value, self.best):
            self.best, self.count = value, 0
            return False
        self.count += 1
        if self.count < self.patience:
            return False
        if self.verbose:
            print(f"Epoch {trainer.updater.epoch}: early stopping")
        return True

    def get_training_length(self) -> Any:
        """Period and unit after which training stops in any case."""
        return self._max_trigger.get_training_length()  # type: ignore[attr-defined]

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the best value, the patience spent and the interval in progress.

        A snapshot of chainer 7.8.1 holds none of these: the count starts anew.
        """
        optional_child(self._max_trigger, serializer["max_trigger"])
        optional_child(self._interval_trigger, serializer["interval_trigger"])
        optional_child(self._summary, serializer["summary"])
        self.best = optional(serializer, "best_value", float(self.best))
        self.count = optional(serializer, "count", self.count)
