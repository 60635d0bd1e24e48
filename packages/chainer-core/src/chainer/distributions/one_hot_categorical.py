"""Categorical distribution of one-hot vectors."""

from __future__ import annotations

from chainer.distribution import Distribution, draw_on_cpu, register_kl
from chainer.distributions.utils import draw_classes
from chainer.functions.math.exponential import log
from chainer.functions.math.sum import sum
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class OneHotCategorical(Distribution):
    """Categorical distribution whose events are one-hot vectors.

    Args:
        p: Probabilities of the classes, along the last axis.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.OneHotCategorical(np.array([0.25, 0.75], np.float32)).prob(np.array([0, 1], np.float32))
        variable(0.75)
    """

    def __init__(self, p: VariableLike) -> None:
        self._p = as_variable(p)

    @property
    def p(self) -> Variable:
        """Probabilities of the classes."""
        return self._p

    @cached_property
    def log_p(self) -> Variable:
        """Their logarithms."""
        return log(self.p)

    @property
    def batch_shape(self) -> Shape:
        return self.p.shape[:-1]

    @property
    def event_shape(self) -> Shape:
        return self.p.shape[-1:]

    @property
    def params(self) -> dict[str, Variable]:
        return {"p": self.p}

    @property
    def mean(self) -> Variable:
        return self.p

    @property
    def variance(self) -> Variable:
        return self.p * (1 - self.p)

    def log_prob(self, x: VariableLike) -> Variable:
        return sum(self.log_p * as_variable(x), axis=-1)

    def sample_n(self, n: int) -> Variable:
        classes = draw_on_cpu(draw_classes, (n, *self.batch_shape), self.p)
        return Variable(self.xp.eye(self.event_shape[0], dtype=self.p.dtype)[classes], requires_grad=False)


@register_kl(OneHotCategorical, OneHotCategorical)
def _kl_one_hot_categorical_one_hot_categorical(dist1: OneHotCategorical, dist2: OneHotCategorical) -> Variable:
    return sum(dist1.p * (dist1.log_p - dist2.log_p), axis=-1)
