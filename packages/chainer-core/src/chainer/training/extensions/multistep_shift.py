"""Shift by a constant factor at given calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainer.serializer import AbstractSerializer
from chainer.training.extensions._hyperparameter_shift import HyperparameterShift

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class MultistepShift(HyperparameterShift):
    r"""Multiplies a hyperparameter by ``gamma`` at each of the calls in ``step_value``: Caffe's policy ``multistep``.

    Args:
        attr: Name of the optimizer's attribute, for example ``'lr'``.
        gamma: Factor.
        step_value: Numbers of the calls, increasing.
        init: Value at the beginning.
        optimizer: Whose attribute it is; ``None`` is the main optimizer of the trainer.
    """

    def __init__(self, attr: str, gamma: float, step_value: Sequence[int], init: float, optimizer: Any = None) -> None:
        super().__init__(attr, init, optimizer)
        self._gamma = gamma
        self._step_value = step_value
        self._current_step = 0

    def _value(self) -> float:
        assert self._init is not None
        return self._init * self._gamma**self._current_step

    def __call__(self, trainer: Trainer) -> None:
        """Changes the attribute if this is one of the calls."""
        if self._current_step < len(self._step_value) and self._t + 1 >= self._step_value[self._current_step]:
            self._current_step += 1
            super().__call__(trainer)
        else:
            self._t += 1

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the number of calls, the factors applied and the value."""
        super().serialize(serializer)
        self._current_step = serializer("_current_step", self._current_step)
