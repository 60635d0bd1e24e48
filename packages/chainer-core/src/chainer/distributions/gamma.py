"""Gamma distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.utils import xlogy
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Gamma(Parametric):
    r"""Gamma distribution, :math:`p(x) = \frac{x^{k - 1} e^{-x / \theta}}{\Gamma(k) \theta^k}` for :math:`x \ge 0`.

    Samples are reparametrised by :math:`\theta` alone.

    Args:
        k: Shape :math:`k > 0`. Variable or array of a float dtype.
        theta: Scale :math:`\theta > 0`.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Gamma(np.float32([3]), np.float32([2])).variance
        variable([12.])
    """

    k = parameter("Shape.")
    theta = parameter("Scale.")
    _names = ("k", "theta")
    _support = "positive"

    def __init__(self, k: VariableLike, theta: VariableLike) -> None:
        super().__init__(k=k, theta=theta)

    @cached_property
    def _log_theta(self) -> Variable:
        return log(self.theta)

    @cached_property
    def mean(self) -> Variable:
        return self.k * self.theta

    @cached_property
    def variance(self) -> Variable:
        return self.mean * self.theta

    @cached_property
    def entropy(self) -> Variable:
        return self.k + self._log_theta + lgamma(self.k) + (1 - self.k) * digamma(self.k)

    def log_prob(self, x: VariableLike) -> Variable:
        array = as_variable(x).array
        # At 0, a factor of exponent 0 counts for nothing, though its logarithm is infinite.
        log_x = inside_or(array > 0, log(inside_or(array > 0, x, 1.0)), -math.inf)
        y = xlogy(self.k - 1, log_x) - x / self.theta - lgamma(self.k) - self.k * self._log_theta
        return inside_or(array >= 0, y, -math.inf)

    def sample_n(self, n: int) -> Variable:
        return self.theta * self._draw("gamma", n, self.k.array)


@register_kl(Gamma, Gamma)
def _kl(dist1: Gamma, dist2: Gamma) -> Variable:
    k1, k2 = dist1.k, dist2.k
    return (
        (k1 - k2) * digamma(k1)
        + (lgamma(k2) - lgamma(k1))
        + k2 * (dist2._log_theta - dist1._log_theta)
        + k1 * (dist1.theta / dist2.theta - 1)
    )
