"""Gumbel distribution."""

from __future__ import annotations

import math

import numpy

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.lgamma import lgamma
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable

_EULER = float(numpy.euler_gamma)


class Gumbel(Parametric):
    r"""Gumbel distribution, :math:`p(x) = \frac{1}{\eta} e^{-(z + e^{-z})}` with :math:`z = (x - \mu) / \eta`.

    Samples are reparametrised.

    Args:
        loc: Mode :math:`\mu`. Variable or array of a float dtype.
        scale: Scale :math:`\eta > 0`.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Gumbel(np.float32([0]), np.float32([1])).mean
        variable([0.577])
    """

    loc = parameter("Mode.")
    scale = parameter("Scale.")
    _names = ("loc", "scale")
    _support = "real"

    def __init__(self, loc: VariableLike, scale: VariableLike) -> None:
        super().__init__(loc=loc, scale=scale)

    @cached_property
    def _log_scale(self) -> Variable:
        return log(self.scale)

    @cached_property
    def mean(self) -> Variable:
        return self.loc + self.scale * _EULER

    @cached_property
    def variance(self) -> Variable:
        return self.scale * self.scale * (math.pi**2 / 6)

    @cached_property
    def entropy(self) -> Variable:
        return self._log_scale + (_EULER + 1)

    def log_prob(self, x: VariableLike) -> Variable:
        z = (x - self.loc) / self.scale
        return -(z + exp(-z)) - self._log_scale

    def sample_n(self, n: int) -> Variable:
        return self.loc + self.scale * self._draw("gumbel", n)


@register_kl(Gumbel, Gumbel)
def _kl(dist1: Gumbel, dist2: Gumbel) -> Variable:
    ratio = dist1.scale / dist2.scale
    distance = (dist1.loc - dist2.loc) / dist2.scale
    expected = distance + _EULER * (ratio - 1) + exp(lgamma(ratio + 1) - distance)
    return dist2._log_scale - dist1._log_scale + expected - 1
