"""Shift along a straight line."""

from __future__ import annotations

from typing import Any

from chainer.training.extensions._hyperparameter_shift import HyperparameterShift


class LinearShift(HyperparameterShift):
    """Moves a hyperparameter evenly from one value to another.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        value_range: First and last value.
        time_range: After how many calls to leave the first value and to reach the last one.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    def __init__(
        self, attr: str, value_range: tuple[float, float], time_range: tuple[float, float], optimizer: Any = None
    ) -> None:
        super().__init__(attr, value_range[0], optimizer)
        self._value_range = value_range
        self._time_range = time_range

    def _value(self) -> float:
        (first, last), (begin, end) = self._value_range, self._time_range
        if self._t <= begin:
            return first
        if self._t >= end:
            return last
        return first + (self._t - begin) / (end - begin) * (last - first)
