"""Observed values for TensorBoard."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional_child
from chainer.training.extension import Extension
from chainer.training.triggers._get_trigger import get_trigger

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class TensorBoardReport(Extension):
    """Writes the means of observed values to an event file that TensorBoard shows: ``tensorboard --logdir result``.

    Needs tensorboardX (``pip install 'chainer[tensorboard]'``). A resumed training goes on in a new file of the same
    directory; TensorBoard hides what the run before has written beyond the snapshot.

    Args:
        keys: Names of the values to write; ``None`` is all.
        trigger: When an interval ends: a trigger, or its period and unit.
        dirname: Directory of the event files in the trainer's ``out``.

    Raises:
        ImportError: tensorboardX is not installed.

    Example:
        >>> from chainer.training.extensions import TensorBoardReport
        >>> report = TensorBoardReport(trigger=(100, "iteration"))  # trainer.extend(report)
    """

    def __init__(
        self, keys: Iterable[str] | None = None, trigger: Any = (1, "epoch"), dirname: str = "tensorboard"
    ) -> None:
        if importlib.util.find_spec("tensorboardX") is None:
            raise ImportError(
                "TensorBoardReport needs tensorboardX; install it with pip install 'chainer[tensorboard]'"
            )
        self._keys = None if keys is None else set(keys)
        self._trigger = get_trigger(trigger)
        self._dirname = dirname
        self._summary = DictSummary()
        self._writer: Any = None

    def initialize(self, trainer: Trainer) -> None:
        """Opens the event file."""
        from tensorboardX import SummaryWriter

        directory = os.path.join(trainer.out, self._dirname)
        iteration = trainer.updater.iteration
        # The names of event files tell the second; a run that is resumed within it must not replace the one before.
        suffix = f".iteration_{iteration}"
        purge_step = None if trainer.is_before_training else iteration + 1
        self._writer = SummaryWriter(directory, purge_step=purge_step, filename_suffix=suffix)

    def __call__(self, trainer: Trainer) -> None:
        """Adds the observation and, at the end of an interval, writes the means."""
        observation = trainer.observation
        if self._keys is not None:
            observation = {key: value for key, value in observation.items() if key in self._keys}
        self._summary.add(observation)
        if not self._trigger(trainer):
            return
        for key, mean in self._summary.compute_mean().items():
            self._writer.add_scalar(key, float(mean), trainer.updater.iteration)
        self._writer.flush()
        self._summary = DictSummary()

    def finalize(self) -> None:
        """Closes the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the interval in progress."""
        optional_child(self._trigger, serializer["_trigger"])
        optional_child(self._summary, serializer["_summary"])
