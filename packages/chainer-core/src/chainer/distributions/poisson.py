"""Poisson distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.utils import xlogy
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class Poisson(Parametric):
    r"""Poisson distribution, :math:`p(x) = \frac{\lambda^x e^{-\lambda}}{x!}` for :math:`x = 0, 1, \dots`.

    Args:
        lam: Mean :math:`\lambda`. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Poisson(np.float32([2])).log_prob(np.array([0]))
        variable([-2.])
    """

    lam = parameter("Mean.")
    _names = ("lam",)
    _support = "non negative integer"

    def __init__(self, lam: VariableLike) -> None:
        super().__init__(lam=lam)

    @cached_property
    def _log_lam(self) -> Variable:
        return log(self.lam)

    @property
    def mean(self) -> Variable:
        return self.lam

    @property
    def variance(self) -> Variable:
        return self.lam

    def log_prob(self, x: VariableLike) -> Variable:
        x = self._observed(x)
        inside = x.array >= 0
        x = inside_or(inside, x, 0.0)
        return inside_or(inside, xlogy(x, self._log_lam) - self.lam - lgamma(x + 1), -math.inf)

    def sample_n(self, n: int) -> Variable:
        return Variable(self._draw("poisson", n, self.lam.array))


@register_kl(Poisson, Poisson)
def _kl(dist1: Poisson, dist2: Poisson) -> Variable:
    lam1, lam2 = dist1.lam, dist2.lam
    return xlogy(lam1, dist1._log_lam) - xlogy(lam1, dist2._log_lam) - lam1 + lam2
