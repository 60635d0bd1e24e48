"""Logarithmic normal distribution."""

from __future__ import annotations

import math

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.distributions.utils import minus_infinity, within
from chainer.functions.array.where import where
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.exponential_m1 import expm1
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class LogNormal(Distribution):
    r"""Distribution of a number whose logarithm is normal.

    Args:
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.LogNormal(np.array([0], np.float32), np.array([1], np.float32)).mean
        variable([1.6487212])
    """

    def __init__(self, mu: VariableLike, sigma: VariableLike) -> None:
        self._mu = as_variable(mu)
        self._sigma = as_variable(sigma)

    @property
    def mu(self) -> Variable:
        """Mean of the logarithm."""
        return self._mu

    @property
    def sigma(self) -> Variable:
        """Standard deviation of the logarithm."""
        return self._sigma

    @property
    def batch_shape(self) -> Shape:
        return self.mu.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"mu": self.mu, "sigma": self.sigma}

    @property
    def support(self) -> str:
        return "positive"

    @property
    def mean(self) -> Variable:
        return exp(self.mu + 0.5 * self.sigma**2)

    @property
    def variance(self) -> Variable:
        return exp(2 * self.mu + self.sigma**2) * expm1(self.sigma**2)

    @property
    def entropy(self) -> Variable:
        return 0.5 + 0.5 * math.log(2 * math.pi) + log(self.sigma) + self.mu

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        inside = x.array > 0
        log_x = log(within(inside, x, 1))
        z = (log_x - self.mu) / self.sigma
        y = -0.5 * math.log(2 * math.pi) - log(self.sigma) - log_x - 0.5 * z**2
        return where(inside, y, minus_infinity(y))

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_normal((n, *self.batch_shape))
        return exp(self.mu + self.sigma * as_samples(noise, self.mu))


@register_kl(LogNormal, LogNormal)
def _kl_log_normal_log_normal(dist1: LogNormal, dist2: LogNormal) -> Variable:
    z = (dist1.mu - dist2.mu) / dist2.sigma
    ratio = dist1.sigma / dist2.sigma
    return 0.5 * (z**2 + ratio**2 - 1) - log(ratio)
