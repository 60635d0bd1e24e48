"""Exponential distribution."""

from __future__ import annotations

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.distributions.utils import minus_infinity
from chainer.functions.array.where import where
from chainer.functions.math.exponential import log
from chainer.functions.math.exponential_m1 import expm1
from chainer.functions.math.logarithm_1p import log1p
from chainer.functions.math.maximum import maximum
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Exponential(Distribution):
    r"""Exponential distribution, of density :math:`\lambda e^{- \lambda x}`.

    Args:
        lam: Rate :math:`\lambda`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Exponential(np.array([2], np.float32)).mean
        variable([0.5])
    """

    def __init__(self, lam: VariableLike) -> None:
        self._lam = as_variable(lam)

    @property
    def lam(self) -> Variable:
        """Rate."""
        return self._lam

    @property
    def batch_shape(self) -> Shape:
        return self.lam.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"lam": self.lam}

    @property
    def support(self) -> str:
        return "positive"

    @property
    def mean(self) -> Variable:
        return 1 / self.lam

    @property
    def variance(self) -> Variable:
        return 1 / self.lam**2

    @property
    def entropy(self) -> Variable:
        return 1 - log(self.lam)

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        y = log(self.lam) - self.lam * x
        return where(x.array >= 0, y, minus_infinity(y))

    def cdf(self, x: VariableLike) -> Variable:
        return -expm1(-self.lam * maximum(as_variable(x), x * 0))

    def icdf(self, x: VariableLike) -> Variable:
        return -log1p(-as_variable(x)) / self.lam

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_exponential((n, *self.batch_shape))
        return as_samples(noise, self.lam) / self.lam


@register_kl(Exponential, Exponential)
def _kl_exponential_exponential(dist1: Exponential, dist2: Exponential) -> Variable:
    return log(dist1.lam) - log(dist2.lam) + dist2.lam / dist1.lam - 1
