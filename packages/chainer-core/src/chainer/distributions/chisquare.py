"""Chi-squared distribution."""

from __future__ import annotations

from chainer.distributions._parametric import Parametric, constant_like, parameter
from chainer.distributions.gamma import Gamma
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class Chisquare(Parametric):
    r"""Distribution of the sum of :math:`k` squares of standard normal variates.

    .. math:: p(x) = \frac{x^{k / 2 - 1} e^{-x / 2}}{2^{k / 2} \Gamma(k / 2)}, \quad x \ge 0

    Args:
        k: Degrees of freedom :math:`k > 0`. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Chisquare(np.float32([3])).mean
        variable([3.])
    """

    k = parameter("Degrees of freedom.")
    _names = ("k",)
    _support = "positive"

    def __init__(self, k: VariableLike) -> None:
        super().__init__(k=k)

    @cached_property
    def _gamma(self) -> Gamma:
        return Gamma(0.5 * self.k, constant_like(self.k, 2.0))

    @property
    def mean(self) -> Variable:
        return self.k

    @cached_property
    def variance(self) -> Variable:
        return 2 * self.k

    @property
    def entropy(self) -> Variable:
        return self._gamma.entropy

    def log_prob(self, x: VariableLike) -> Variable:
        return self._gamma.log_prob(x)

    def sample_n(self, n: int) -> Variable:
        return Variable(self._draw("chisquare", n, self.k.array))
