"""Linear shift at the beginning of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer.training.extensions._hyperparameter_shift import HyperparameterShift

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class WarmupShift(HyperparameterShift):
    """Raises a hyperparameter evenly to its initial value, then leaves it alone (Goyal et al., arXiv:1706.02677).

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        warmup_start: Value at the beginning.
        warmup_iter: Calls until ``init`` is reached.
        init: Value after them.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    def __init__(self, attr: str, warmup_start: float, warmup_iter: int, init: float, optimizer: Any = None) -> None:
        super().__init__(attr, init, optimizer)
        self._warmup_start = warmup_start
        self._warmup_iter = warmup_iter

    def _value(self) -> float:
        assert self._init is not None
        progress = min(self._t / self._warmup_iter, 1.0)
        return self._warmup_start + (self._init - self._warmup_start) * progress

    def __call__(self, trainer: Trainer) -> None:
        """Moves the attribute by one step, unless it has arrived."""
        if self._t < self._warmup_iter:
            super().__call__(trainer)
        else:
            self._t += 1
