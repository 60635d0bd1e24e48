"""Poisson distribution."""

from __future__ import annotations

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_array, as_variable


class Poisson(Distribution):
    r"""Poisson distribution, of probability :math:`\lambda^x e^{- \lambda} / x!`.

    Args:
        lam: Rate :math:`\lambda`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Poisson(np.array([2], np.float32)).log_prob(np.array([0]))
        variable([-2.])
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
        return "non negative integer"

    @property
    def mean(self) -> Variable:
        return self.lam

    @property
    def variance(self) -> Variable:
        return self.lam

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_array(x).astype(self.lam.dtype, copy=False)
        return x * log(self.lam) - self.lam - lgamma(x + 1)

    def sample_n(self, n: int) -> Variable:
        x = self.xp.random.poisson(self.lam.array, (n, *self.batch_shape))
        return Variable(as_samples(x, self.lam), requires_grad=False)


@register_kl(Poisson, Poisson)
def _kl_poisson_poisson(dist1: Poisson, dist2: Poisson) -> Variable:
    return dist1.lam * (log(dist1.lam) - log(dist2.lam)) - dist1.lam + dist2.lam
