"""``get_trigger`` under the path at which it was published first."""

from chainer.training.triggers._get_trigger import get_trigger

__all__ = ["get_trigger"]
