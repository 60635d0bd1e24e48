"""A trainer that trains nothing."""

from __future__ import annotations

import unittest.mock
from collections.abc import Sequence
from typing import Any

from chainer import training


def is_available() -> bool:
    """Whether mocks can be made: always, since they are in the standard library."""
    return True


def check_available() -> None:
    """Raises nothing: see :func:`is_available`."""


def get_error() -> None:
    """The error of importing mocks: none."""
    return None


def get_trainer_with_mock_updater(
    stop_trigger: Any = (10, "iteration"), iter_per_epoch: int = 10, extensions: Sequence[Any] | None = None
) -> training.Trainer:
    """A trainer whose updater is a mock that only counts.

    Args:
        stop_trigger: As for :class:`~chainer.training.Trainer`.
        iter_per_epoch: Number of iterations after which an epoch ends.
        extensions: As for :class:`~chainer.training.Trainer`.

    Example:
        >>> from chainer import testing
        >>> trainer = testing.get_trainer_with_mock_updater((2, "epoch"), iter_per_epoch=4)
        >>> trainer.run()
        >>> trainer.updater.iteration, trainer.updater.epoch_detail
        (8, 2.0)
    """
    updater = unittest.mock.Mock()
    updater.get_all_optimizers.return_value = {}
    updater.iteration = 0
    updater.epoch = 0
    updater.epoch_detail = 0
    updater.previous_epoch_detail = None
    updater.is_new_epoch = True

    def update() -> None:
        updater.iteration += 1
        updater.epoch = updater.iteration // iter_per_epoch
        updater.previous_epoch_detail = (updater.iteration - 1) / iter_per_epoch
        updater.epoch_detail = updater.iteration / iter_per_epoch
        updater.is_new_epoch = updater.iteration % iter_per_epoch == 0

    updater.update = update
    return training.Trainer(updater, stop_trigger=stop_trigger, extensions=extensions)
