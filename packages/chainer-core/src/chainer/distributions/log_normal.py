"""Log-normal distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.normal import Normal, normal_kl
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.exponential_m1 import expm1
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class LogNormal(Parametric):
    r"""Distribution of :math:`e^y` for a normal :math:`y`.

    .. math:: p(x) = \frac{1}{\sqrt{2\pi} \sigma x} e^{-\frac{(\log x - \mu)^2}{2 \sigma^2}}

    Samples are reparametrised.

    Args:
        mu: Mean :math:`\mu` of the logarithm. Variable or array of a float dtype.
        sigma: Standard deviation :math:`\sigma` of the logarithm.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.LogNormal(np.zeros(1, "f"), np.ones(1, "f")).mean
        variable([1.649])
    """

    mu = parameter("Mean of the logarithm.")
    sigma = parameter("Standard deviation of the logarithm.")
    _names = ("mu", "sigma")
    _support = "positive"

    def __init__(self, mu: VariableLike, sigma: VariableLike) -> None:
        super().__init__(mu=mu, sigma=sigma)

    @cached_property
    def _log(self) -> Normal:
        return Normal(self.mu, self.sigma)

    @cached_property
    def mean(self) -> Variable:
        return exp(self.mu + 0.5 * self._log.variance)

    @cached_property
    def variance(self) -> Variable:
        return self.mean * self.mean * expm1(self._log.variance)

    @cached_property
    def entropy(self) -> Variable:
        return self.mu + self._log.entropy

    def log_prob(self, x: VariableLike) -> Variable:
        inside = as_variable(x).array > 0
        log_x = log(inside_or(inside, x, 1.0))
        return inside_or(inside, self._log.log_prob(log_x) - log_x, -math.inf)

    def sample_n(self, n: int) -> Variable:
        return exp(self._log.sample_n(n))


@register_kl(LogNormal, LogNormal)
def _kl(dist1: LogNormal, dist2: LogNormal) -> Variable:
    return normal_kl(dist1._log, dist2._log)
