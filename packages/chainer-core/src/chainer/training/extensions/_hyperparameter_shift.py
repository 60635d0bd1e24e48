"""What is common to the extensions that move a hyperparameter of an optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional_number
from chainer.training.extension import Extension

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class HyperparameterShift(Extension):
    """Base of shifts: a subclass says what the value is after ``t`` calls.

    Several shifts may take turns with one attribute, a warm-up and a decay for example. What a snapshot restores is
    therefore not the value that this shift has set last, but the one that the attribute had.

    Args:
        attr: Name of the optimizer's attribute.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    def __init__(self, attr: str, init: float | None, optimizer: Any) -> None:
        self._attr = attr
        self._init = init
        self._is_init_given = init is not None
        self._optimizer = optimizer
        self._initialized_optimizer: Any = None
        self._t = 0
        self._last_value: float | None = None

    def _value(self) -> float:
        raise NotImplementedError(f"{type(self).__name__} must override _value")

    def initialize(self, trainer: Trainer) -> None:
        """Sets the attribute to where it begins, or to where it was in a resumed run."""
        optimizer = self._initialized_optimizer = self._get_optimizer(trainer)
        if self._init is None:
            self._init = getattr(optimizer, self._attr)
        setattr(optimizer, self._attr, self._value() if self._last_value is None else self._last_value)

    def __call__(self, trainer: Trainer) -> None:
        """Moves the attribute by one step."""
        self._t += 1
        setattr(self._get_optimizer(trainer), self._attr, self._value())

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the number of steps and the value, which no optimizer saves itself.

        Of snapshots of chainer 7.8.1, some lack the value. It is computed anew then.
        """
        if self._initialized_optimizer is not None:
            self._last_value = getattr(self._initialized_optimizer, self._attr)
        self._t = serializer("_t", self._t)
        self._last_value = optional_number(serializer, "_last_value", self._last_value)
        if not self._is_init_given:
            self._init = optional_number(serializer, "_init", self._init)

    def _get_optimizer(self, trainer: Trainer) -> Any:
        return trainer.updater.get_optimizer("main") if self._optimizer is None else self._optimizer


class TargetedShift(HyperparameterShift):
    """Base of shifts that stop at a target.

    Args:
        attr: Name of the optimizer's attribute.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        target: Value at which to stop; ``None`` is never.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
        is_growing: Whether the value moves away from zero.
    """

    def __init__(self, attr: str, init: float | None, target: float | None, optimizer: Any, is_growing: bool) -> None:
        super().__init__(attr, init, optimizer)
        self._target = target
        self._is_growing = is_growing

    def _factor(self) -> float:
        raise NotImplementedError(f"{type(self).__name__} must override _factor")

    def _value(self) -> float:
        assert self._init is not None
        value = self._init * self._factor()
        target = self._target
        if not target:  # no target, or zero, which no factor passes
            return value
        ratio = value / target
        return target if (ratio > 1 if self._is_growing else ratio < 1) else value
