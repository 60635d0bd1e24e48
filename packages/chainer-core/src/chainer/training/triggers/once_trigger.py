"""Trigger that fires once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.serializer import AbstractSerializer

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class OnceTrigger:
    """Fires in the first iteration, and never again.

    Args:
        call_on_resume: Whether to fire once more in each resumed run.
    """

    def __init__(self, call_on_resume: bool = False) -> None:
        self._flag_first = True
        self._flag_resumed = call_on_resume

    @property
    def finished(self) -> bool:
        """Whether it will not fire any more in this run."""
        return not (self._flag_first or self._flag_resumed)

    def __call__(self, trainer: Trainer) -> bool:
        """Whether this is the first call."""
        fires = not self.finished
        self._flag_first = self._flag_resumed = False
        return fires

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores whether it has fired."""
        self._flag_first = serializer("_flag_first", self._flag_first)
