"""Shift by a constant factor."""

from __future__ import annotations

from typing import Any

from chainer.training.extensions._hyperparameter_shift import TargetedShift


class ExponentialShift(TargetedShift):
    r"""Multiplies a hyperparameter by ``rate`` each time: after :math:`t` calls it is :math:`init \cdot rate^t`.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        rate: Factor, not negative.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        target: Value at which to stop.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.

    Raises:
        ValueError: ``rate`` is negative.

    Example:
        >>> from chainer.training.extensions import ExponentialShift
        >>> halve = ExponentialShift("lr", 0.5)  # trainer.extend(halve, trigger=(10, "epoch"))
    """

    def __init__(
        self, attr: str, rate: float, init: float | None = None, target: float | None = None, optimizer: Any = None
    ) -> None:
        if rate < 0:
            raise ValueError(f"ExponentialShift does not support negative rate, got {rate}")
        super().__init__(attr, init, target, optimizer, is_growing=rate > 1)
        self._rate = rate

    def _factor(self) -> float:
        return self._rate**self._t
