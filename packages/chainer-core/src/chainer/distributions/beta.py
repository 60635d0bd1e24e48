"""Beta distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.utils import xlogy
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Beta(Parametric):
    r"""Beta distribution, :math:`p(x) = \frac{x^{a - 1} (1 - x)^{b - 1}}{B(a, b)}` for :math:`0 \le x \le 1`.

    Args:
        a: Parameter :math:`a > 0`. Variable or array of a float dtype.
        b: Parameter :math:`b > 0`.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Beta(np.float32([1]), np.float32([3])).mean
        variable([0.25])
    """

    a = parameter("Exponent of :math:`x`, plus one.")
    b = parameter("Exponent of :math:`1 - x`, plus one.")
    _names = ("a", "b")
    _support = "[0, 1]"

    def __init__(self, a: VariableLike, b: VariableLike) -> None:
        super().__init__(a=a, b=b)

    @cached_property
    def _a_plus_b(self) -> Variable:
        return self.a + self.b

    @cached_property
    def _log_beta(self) -> Variable:
        return lgamma(self.a) + lgamma(self.b) - lgamma(self._a_plus_b)

    @cached_property
    def mean(self) -> Variable:
        return self.a / self._a_plus_b

    @cached_property
    def variance(self) -> Variable:
        total = self._a_plus_b
        return self.a * self.b / (total * total * (total + 1))

    @cached_property
    def entropy(self) -> Variable:
        a, b, total = self.a, self.b, self._a_plus_b
        return self._log_beta - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (total - 2) * digamma(total)

    def log_prob(self, x: VariableLike) -> Variable:
        array = as_variable(x).array
        inside = (0 <= array) & (array <= 1)
        # Where the exponent of a factor is 0, its logarithm counts for nothing, be it infinite.
        log_x = inside_or(array > 0, log(inside_or(inside & (array > 0), x, 0.5)), -math.inf)
        log_rest = inside_or(array < 1, log1p(-inside_or(inside & (array < 1), x, 0.5)), -math.inf)
        y = xlogy(self.a - 1, log_x) + xlogy(self.b - 1, log_rest) - self._log_beta
        return inside_or(inside, y, -math.inf)

    def sample_n(self, n: int) -> Variable:
        return Variable(self._draw("beta", n, self.a.array, self.b.array))


@register_kl(Beta, Beta)
def _kl(dist1: Beta, dist2: Beta) -> Variable:
    da, db = dist1.a - dist2.a, dist1.b - dist2.b
    expected = da * digamma(dist1.a) + db * digamma(dist1.b) - (da + db) * digamma(dist1._a_plus_b)
    return dist2._log_beta - dist1._log_beta + expected
