"""Cauchy distribution."""

from __future__ import annotations

import math
import warnings

from chainer.distributions._parametric import Parametric, constant_like, parameter
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.functions.math.trigonometric import arctan, tan
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Cauchy(Parametric):
    r"""Cauchy distribution, :math:`p(x) = \frac{1}{\pi} \frac{s}{(x - x_0)^2 + s^2}`.

    It has no mean and no variance: they are NaN, with a ``RuntimeWarning``. Samples are reparametrised.

    Args:
        loc: Median :math:`x_0`. Variable or array of a float dtype.
        scale: Half width :math:`s > 0` at half height.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Cauchy(np.float32([0]), np.float32([2])).icdf(np.float32([0.75]))
        variable([2.])
    """

    loc = parameter("Median.")
    scale = parameter("Half width at half height.")
    _names = ("loc", "scale")
    _support = "real"

    def __init__(self, loc: VariableLike, scale: VariableLike) -> None:
        super().__init__(loc=loc, scale=scale)

    @property
    def mean(self) -> Variable:
        warnings.warn("the mean of a Cauchy distribution is undefined", RuntimeWarning, stacklevel=2)
        return constant_like(self.loc, math.nan)

    @property
    def variance(self) -> Variable:
        warnings.warn("the variance of a Cauchy distribution is undefined", RuntimeWarning, stacklevel=2)
        return constant_like(self.loc, math.nan)

    @cached_property
    def entropy(self) -> Variable:
        return log(self.scale) + math.log(4 * math.pi)

    def log_prob(self, x: VariableLike) -> Variable:
        z = (x - self.loc) / self.scale
        return -math.log(math.pi) - log(self.scale) - log1p(z * z)

    def cdf(self, x: VariableLike) -> Variable:
        return arctan((x - self.loc) / self.scale) * (1 / math.pi) + 0.5

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * tan((as_variable(x) - 0.5) * math.pi)

    def sample_n(self, n: int) -> Variable:
        return self.loc + self.scale * self._draw("standard_cauchy", n)
