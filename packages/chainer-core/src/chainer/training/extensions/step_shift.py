"""Shift by a constant factor every few calls."""

from __future__ import annotations

from typing import Any

from chainer.training.extensions._hyperparameter_shift import TargetedShift


class StepShift(TargetedShift):
    r"""Multiplies a hyperparameter by ``gamma`` at every ``step``-th call.

    After :math:`t` calls it is :math:`init \cdot \gamma^{\lfloor t / step \rfloor}`: Caffe's policy ``step``.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        gamma: Factor.
        step: Calls between two changes.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        target: Value at which to stop.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    def __init__(
        self,
        attr: str,
        gamma: float,
        step: int,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, target, optimizer, is_growing=gamma > 1)
        self._gamma = gamma
        self._step = step

    def _factor(self) -> float:
        return self._gamma ** (self._t // self._step)
