"""Chi-square distribution."""

from __future__ import annotations

import math

from chainer.distribution import Distribution, as_samples
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Chisquare(Distribution):
    r"""Chi-square distribution, of density :math:`x^{k / 2 - 1} e^{- x / 2} / (2^{k / 2} \Gamma(k / 2))`.

    Args:
        k: Degrees of freedom.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Chisquare(np.array([2], np.float32)).prob(np.array([0], np.float32) + 1e-6).array.round(3)
        array([0.5], dtype=float32)
    """

    def __init__(self, k: VariableLike) -> None:
        self._k = as_variable(k)

    @property
    def k(self) -> Variable:
        """Degrees of freedom."""
        return self._k

    @property
    def batch_shape(self) -> Shape:
        return self.k.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"k": self.k}

    @property
    def support(self) -> str:
        return "positive"

    @property
    def mean(self) -> Variable:
        return self.k

    @property
    def variance(self) -> Variable:
        return 2 * self.k

    @property
    def entropy(self) -> Variable:
        half = 0.5 * self.k
        return half + math.log(2) + lgamma(half) + (1 - half) * digamma(half)

    def log_prob(self, x: VariableLike) -> Variable:
        half = 0.5 * self.k
        x = as_variable(x)
        return (half - 1) * log(x) - 0.5 * x - math.log(2) * half - lgamma(half)

    def sample_n(self, n: int) -> Variable:
        x = self.xp.random.chisquare(self.k.array, (n, *self.batch_shape))
        return Variable(as_samples(x, self.k), requires_grad=False)
