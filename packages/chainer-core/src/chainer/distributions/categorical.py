"""Categorical distribution."""

from __future__ import annotations

import numpy

from chainer.distribution import Distribution, draw_on_cpu, register_kl
from chainer.distributions.utils import draw_classes, modified_xlogx
from chainer.functions.activation.log_softmax import log_softmax
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.sum import sum
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_array, as_variable


class Categorical(Distribution):
    """Categorical distribution: one of the classes ``0, 1, ...``.

    Args:
        p: Probabilities of the classes, along the last axis.
        logit: Unnormalised logarithms of them, instead.

    Raises:
        ValueError: Both ``p`` and ``logit`` are given, or none.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Categorical(np.array([0.25, 0.75], np.float32)).prob(np.array(1))
        variable(0.75)
    """

    def __init__(self, p: VariableLike | None = None, *, logit: VariableLike | None = None) -> None:
        if (p is None) == (logit is None):
            raise ValueError("either p or logit must be given, and not both")
        self._p = None if p is None else as_variable(p)
        self._logit = None if logit is None else as_variable(logit)

    @cached_property
    def p(self) -> Variable:
        """Probabilities of the classes."""
        return exp(self.log_p) if self._p is None else self._p

    @cached_property
    def log_p(self) -> Variable:
        """Their logarithms."""
        return log(self._p) if self._logit is None else log_softmax(self._logit, axis=-1)

    @property
    def batch_shape(self) -> Shape:
        return self.p.shape[:-1]

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"p": self.p}

    @property
    def entropy(self) -> Variable:
        return -sum(modified_xlogx(self.p), axis=-1)

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_array(x)
        indices = self.xp.indices(x.shape)
        batch_indices = indices[x.ndim - len(self.batch_shape) :]
        return self.log_p[(*batch_indices, x.astype(numpy.int32))]

    def sample_n(self, n: int) -> Variable:
        return Variable(draw_on_cpu(draw_classes, (n, *self.batch_shape), self.p), requires_grad=False)


@register_kl(Categorical, Categorical)
def _kl_categorical_categorical(dist1: Categorical, dist2: Categorical) -> Variable:
    return sum(dist1.p * (dist1.log_p - dist2.log_p), axis=-1)
