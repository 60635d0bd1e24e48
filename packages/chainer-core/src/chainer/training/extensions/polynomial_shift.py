"""Shift along a power of the time left."""

from __future__ import annotations

from typing import Any

from chainer.training.extensions._hyperparameter_shift import TargetedShift


class PolynomialShift(TargetedShift):
    r"""After :math:`t` calls, a hyperparameter is :math:`init \cdot (1 - t / max\_count)^{rate}`.

    This is Caffe's policy ``poly``. After ``max_count`` calls it is zero.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        rate: Exponent.
        max_count: Calls until zero.
        init: Value at the beginning; ``None`` is the one that the optimizer has then.
        target: Value at which to stop.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    invoke_before_training = True  # published, and read by nobody since version 2

    def __init__(
        self,
        attr: str,
        rate: float,
        max_count: int,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, target, optimizer, is_growing=False)
        self._rate = rate
        self._max_count = max_count

    def _factor(self) -> float:
        left = max(1 - self._t / self._max_count, 0.0)
        return left**self._rate if left else 0.0
