"""Beta distribution."""

from __future__ import annotations

import numpy

from chainer.distribution import Distribution, as_samples, draw_on_cpu, register_kl
from chainer.distributions.utils import log_beta, minus_infinity, within
from chainer.functions.array.where import where
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Beta(Distribution):
    r"""Beta distribution, of density :math:`x^{a - 1} (1 - x)^{b - 1} / B(a, b)`.

    Args:
        a: Parameter :math:`a`.
        b: Parameter :math:`b`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Beta(np.array([2], np.float32), np.array([2], np.float32)).prob(np.array([0.5], np.float32))
        variable([1.5])
    """

    def __init__(self, a: VariableLike, b: VariableLike) -> None:
        self._a = as_variable(a)
        self._b = as_variable(b)

    @property
    def a(self) -> Variable:
        """Parameter :math:`a`."""
        return self._a

    @property
    def b(self) -> Variable:
        """Parameter :math:`b`."""
        return self._b

    @property
    def batch_shape(self) -> Shape:
        return self.a.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"a": self.a, "b": self.b}

    @property
    def support(self) -> str:
        return "[0, 1]"

    @property
    def mean(self) -> Variable:
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> Variable:
        total = self.a + self.b
        return self.a * self.b / (total**2 * (total + 1))

    @property
    def entropy(self) -> Variable:
        a, b = self.a, self.b
        total = a + b
        return log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (total - 2) * digamma(total)

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        inside = (x.array >= 0) & (x.array <= 1)
        x = within(inside, x, 0.5)
        y = (self.a - 1) * log(x) + (self.b - 1) * log1p(-x) - log_beta(self.a, self.b)
        return where(inside, y, minus_infinity(y))

    def sample_n(self, n: int) -> Variable:
        x = draw_on_cpu(numpy.random.beta, (n, *self.batch_shape), self.a, self.b)
        return Variable(as_samples(x, self.a), requires_grad=False)


@register_kl(Beta, Beta)
def _kl_beta_beta(dist1: Beta, dist2: Beta) -> Variable:
    a1, b1, a2, b2 = dist1.a, dist1.b, dist2.a, dist2.b
    return (
        log_beta(a2, b2)
        - log_beta(a1, b1)
        + (a1 - a2) * digamma(a1)
        + (b1 - b2) * digamma(b1)
        + (a2 - a1 + b2 - b1) * digamma(a1 + b1)
    )
