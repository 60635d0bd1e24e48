"""Gamma distribution."""

from __future__ import annotations

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.distributions.utils import minus_infinity, within
from chainer.functions.array.where import where
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Gamma(Distribution):
    r"""Gamma distribution, of density :math:`x^{k - 1} e^{- x / \theta} / (\theta^k \Gamma(k))`.

    Args:
        k: Shape :math:`k`.
        theta: Scale :math:`\theta`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Gamma(np.array([2], np.float32), np.array([3], np.float32)).mean
        variable([6.])
    """

    def __init__(self, k: VariableLike, theta: VariableLike) -> None:
        self._k = as_variable(k)
        self._theta = as_variable(theta)

    @property
    def k(self) -> Variable:
        """Shape."""
        return self._k

    @property
    def theta(self) -> Variable:
        """Scale."""
        return self._theta

    @property
    def batch_shape(self) -> Shape:
        return self.k.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"k": self.k, "theta": self.theta}

    @property
    def support(self) -> str:
        return "positive"

    @property
    def mean(self) -> Variable:
        return self.k * self.theta

    @property
    def variance(self) -> Variable:
        return self.mean * self.theta

    @property
    def entropy(self) -> Variable:
        return self.k + log(self.theta) + lgamma(self.k) + (1 - self.k) * digamma(self.k)

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        inside = x.array >= 0
        x = within(inside, x, 1)
        y = (self.k - 1) * log(x) - x / self.theta - lgamma(self.k) - self.k * log(self.theta)
        return where(inside, y, minus_infinity(y))

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.gamma(self.k.array, 1.0, (n, *self.batch_shape))
        return as_samples(noise, self.k) * self.theta


@register_kl(Gamma, Gamma)
def _kl_gamma_gamma(dist1: Gamma, dist2: Gamma) -> Variable:
    k1, theta1, k2, theta2 = dist1.k, dist1.theta, dist2.k, dist2.theta
    return (
        (k1 - k2) * digamma(k1)
        - lgamma(k1)
        + lgamma(k2)
        + k2 * (log(theta2) - log(theta1))
        + k1 * (theta1 / theta2 - 1)
    )
