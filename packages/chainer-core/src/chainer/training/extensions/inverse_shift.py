"""Shift along a power of the inverse of time."""

from __future__ import annotations

from typing import Any

from chainer.training.extensions._hyperparameter_shift import TargetedShift


class InverseShift(TargetedShift):
    r"""After :math:`t` calls, a hyperparameter is :math:`init \cdot (1 + \gamma t)^{-power}`: Caffe's policy ``inv``.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        gamma: How fast, not negative.
        power: Exponent.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        target: Value at which to stop.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.

    Raises:
        ValueError: ``gamma`` is negative.
    """

    def __init__(
        self,
        attr: str,
        gamma: float,
        power: float,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        if gamma < 0:
            raise ValueError(f"InverseShift does not support negative gamma, got {gamma}")
        super().__init__(attr, init, target, optimizer, is_growing=power < 0)
        self._gamma = gamma
        self._power = power

    def _factor(self) -> float:
        return (1 + self._gamma * self._t) ** -self._power
