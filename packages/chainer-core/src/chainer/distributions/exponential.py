"""Exponential distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.functions.activation.relu import relu
from chainer.functions.math.exponential import log
from chainer.functions.math.exponential_m1 import expm1
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Exponential(Parametric):
    r"""Exponential distribution, :math:`p(x) = \lambda e^{-\lambda x}` for :math:`x \ge 0`.

    Samples are reparametrised.

    Args:
        lam: Rate :math:`\lambda > 0`. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Exponential(np.float32([2])).mean
        variable([0.5])
    """

    lam = parameter("Rate.")
    _names = ("lam",)
    _support = "positive"

    def __init__(self, lam: VariableLike) -> None:
        super().__init__(lam=lam)

    @cached_property
    def _log_lam(self) -> Variable:
        return log(self.lam)

    @cached_property
    def mean(self) -> Variable:
        return 1 / self.lam

    @cached_property
    def variance(self) -> Variable:
        return self.mean * self.mean

    @cached_property
    def entropy(self) -> Variable:
        return 1 - self._log_lam

    def log_prob(self, x: VariableLike) -> Variable:
        return inside_or(as_variable(x).array >= 0, self._log_lam - self.lam * x, -math.inf)

    def cdf(self, x: VariableLike) -> Variable:
        return -expm1(-self.lam * relu(x))

    def icdf(self, x: VariableLike) -> Variable:
        return -log1p(-as_variable(x)) / self.lam

    def sample_n(self, n: int) -> Variable:
        return self._draw("standard_exponential", n) / self.lam


@register_kl(Exponential, Exponential)
def _kl(dist1: Exponential, dist2: Exponential) -> Variable:
    return dist1._log_lam - dist2._log_lam + dist2.lam / dist1.lam - 1
