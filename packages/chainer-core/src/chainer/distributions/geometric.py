"""Geometric distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.utils import xlogy
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class Geometric(Parametric):
    r"""Number of trials up to the first success, :math:`p(x) = (1 - p)^{x - 1} p` for :math:`x = 1, 2, \dots`.

    Args:
        p: Probability of success. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Geometric(np.float32([0.25])).mean
        variable([4.])
    """

    p = parameter("Probability of success.")
    _names = ("p",)
    _support = "positive integer"

    def __init__(self, p: VariableLike) -> None:
        super().__init__(p=p)

    @cached_property
    def _log_failure(self) -> Variable:
        return log1p(-self.p)

    @cached_property
    def mean(self) -> Variable:
        return 1 / self.p

    @cached_property
    def variance(self) -> Variable:
        return (1 - self.p) / (self.p * self.p)

    def log_prob(self, x: VariableLike) -> Variable:
        x = self._observed(x)
        return inside_or(x.array >= 1, xlogy(x - 1, self._log_failure) + log(self.p), -math.inf)

    def sample_n(self, n: int) -> Variable:
        return Variable(self._draw("geometric", n, self.p.array))


@register_kl(Geometric, Geometric)
def _kl(dist1: Geometric, dist2: Geometric) -> Variable:
    failures = dist1.mean - 1
    gain = xlogy(failures, dist1._log_failure) - xlogy(failures, dist2._log_failure)
    return log(dist1.p) - log(dist2.p) + gain
