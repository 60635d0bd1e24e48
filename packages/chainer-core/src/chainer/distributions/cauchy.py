"""Cauchy distribution."""

from __future__ import annotations

import math

import numpy

from chainer.distribution import Distribution, as_samples
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.functions.math.trigonometric import arctan, tan
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Cauchy(Distribution):
    r"""Cauchy distribution, of density :math:`1 / (\pi s (1 + ((x - l) / s)^2))`.

    Args:
        loc: Location :math:`l`.
        scale: Scale :math:`s`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Cauchy(np.array([1], np.float32), np.array([2], np.float32)).cdf(np.array([1], np.float32))
        variable([0.5])
    """

    def __init__(self, loc: VariableLike, scale: VariableLike) -> None:
        self._loc = as_variable(loc)
        self._scale = as_variable(scale)

    @property
    def loc(self) -> Variable:
        """Location."""
        return self._loc

    @property
    def scale(self) -> Variable:
        """Scale."""
        return self._scale

    @property
    def batch_shape(self) -> Shape:
        return self.loc.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"loc": self.loc, "scale": self.scale}

    @property
    def support(self) -> str:
        return "real"

    @property
    def mean(self) -> Variable:
        """Not a number: there is none."""
        return Variable(self.xp.full_like(self.loc.array, numpy.nan), requires_grad=False)

    @property
    def variance(self) -> Variable:
        """Not a number: there is none."""
        return self.mean

    @property
    def entropy(self) -> Variable:
        return log(4 * math.pi * self.scale)

    def log_prob(self, x: VariableLike) -> Variable:
        standard = (as_variable(x) - self.loc) / self.scale
        return -math.log(math.pi) - log(self.scale) - log1p(standard**2)

    def cdf(self, x: VariableLike) -> Variable:
        return arctan((as_variable(x) - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * tan((as_variable(x) - 0.5) * math.pi)

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_cauchy((n, *self.batch_shape))
        return self.scale * as_samples(noise, self.loc) + self.loc
