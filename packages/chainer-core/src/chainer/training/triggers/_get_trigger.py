"""From what a user writes, ``(2, 'epoch')``, to a trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from chainer.training.triggers.interval_trigger import IntervalTrigger

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

Trigger: TypeAlias = "Callable[[Trainer], bool]"
"""Asked once an iteration; true means now. May have ``serialize`` and ``get_training_length``."""


def get_trigger(trigger: Any) -> Trigger:
    """Makes a trigger.

    Args:
        trigger: A callable, which is returned as it is; a pair of a period and its unit, ``'iteration'`` or
            ``'epoch'``; ``None`` for a trigger that never fires.

    Raises:
        TypeError: None of these.
        ValueError: The unit is neither of the two, or the period is not positive.

    Example:
        >>> from chainer.training import get_trigger
        >>> get_trigger((1, "epoch"))
        IntervalTrigger(1, 'epoch')
    """
    if callable(trigger):
        return trigger
    if trigger is None:
        return _never
    try:
        period, unit = trigger
    except (TypeError, ValueError):
        raise TypeError(
            f"trigger must be a callable, None, or a pair such as (1, 'epoch') or (100, 'iteration'), got {trigger!r}"
        ) from None
    return IntervalTrigger(period, unit)


def _never(trainer: Trainer) -> bool:
    return False
