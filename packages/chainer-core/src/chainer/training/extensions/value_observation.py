"""Extensions that observe something once an epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainer.training.extension import PRIORITY_WRITER, make_extension

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


def observe_value(observation_key: str, target_func: Callable[[Trainer], Any]) -> Callable[[Trainer], None]:
    """Extension that puts a value into the observation once an epoch.

    Args:
        observation_key: Name of the value.
        target_func: Function of the trainer that returns it.

    Example:
        >>> from chainer.training import extensions
        >>> observe = extensions.observe_value("momentum", lambda t: t.updater.get_optimizer("main").momentum)
    """

    @make_extension(trigger=(1, "epoch"), priority=PRIORITY_WRITER)
    def _observe_value(trainer: Trainer) -> None:
        trainer.observation[observation_key] = target_func(trainer)

    return _observe_value


def observe_lr(optimizer_name: str = "main", observation_key: str = "lr") -> Callable[[Trainer], None]:
    """Extension that puts the learning rate into the observation once an epoch.

    Args:
        optimizer_name: Which optimizer's.
        observation_key: Name of the value.
    """
    return observe_value(observation_key, lambda trainer: trainer.updater.get_optimizer(optimizer_name).lr)
