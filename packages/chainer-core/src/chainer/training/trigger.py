"""``get_trigger`` and the trigger it makes, under the path at which they were published."""

from chainer.training.triggers._get_trigger import get_trigger
from chainer.training.triggers.interval_trigger import IntervalTrigger

__all__ = ["IntervalTrigger", "get_trigger"]
