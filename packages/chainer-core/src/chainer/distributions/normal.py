"""Normal distribution."""

from __future__ import annotations

import math
from typing import Any

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.log_ndtr import log_ndtr
from chainer.functions.math.ndtr import ndtr
from chainer.functions.math.ndtri import ndtri
from chainer.types import VariableLike
from chainer.utils.argument import parse_kwargs
from chainer.utils.cache import cached_property
from chainer.variable import Variable

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class Normal(Parametric):
    r"""Normal distribution, :math:`p(x) = \frac{1}{\sqrt{2\pi}\sigma} e^{-\frac{(x - \mu)^2}{2\sigma^2}}`.

    Samples are reparametrised.

    Args:
        loc: Mean :math:`\mu`. Variable or array of a float dtype.
        scale: Standard deviation :math:`\sigma`.
        log_scale: :math:`\log \sigma`, by keyword, instead of ``scale``.

    Raises:
        ValueError: Both ``scale`` and ``log_scale`` are given, or neither.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Normal(np.zeros(1, "f"), np.ones(1, "f")).cdf(np.float32([0]))
        variable([0.5])
    """

    loc = parameter("Mean.")
    scale = parameter("Standard deviation.", otherwise=lambda self: exp(self.log_scale))
    log_scale = parameter("Logarithm of the standard deviation.", otherwise=lambda self: log(self.scale))
    _names = ("loc", "scale")
    _support = "real"

    def __init__(self, loc: VariableLike, scale: VariableLike | None = None, **kwargs: Any) -> None:
        (log_scale,) = parse_kwargs(kwargs, ("log_scale", None))
        if (scale is None) == (log_scale is None):
            raise ValueError("either scale or log_scale must be given, and not both")
        super().__init__(loc=loc, scale=scale, log_scale=log_scale)

    @property
    def mean(self) -> Variable:
        return self.loc

    @property
    def mode(self) -> Variable:
        return self.loc

    @cached_property
    def variance(self) -> Variable:
        return self.scale * self.scale

    @property
    def stddev(self) -> Variable:
        return self.scale

    @cached_property
    def entropy(self) -> Variable:
        return self.log_scale + (0.5 + HALF_LOG_2PI)

    def _standardised(self, x: VariableLike) -> Variable:
        return (x - self.loc) / self.scale

    def log_prob(self, x: VariableLike) -> Variable:
        z = self._standardised(x)
        return -0.5 * z * z - self.log_scale - HALF_LOG_2PI

    def cdf(self, x: VariableLike) -> Variable:
        return ndtr(self._standardised(x))

    def log_cdf(self, x: VariableLike) -> Variable:
        return log_ndtr(self._standardised(x))

    def survival_function(self, x: VariableLike) -> Variable:
        return ndtr(-self._standardised(x))

    def log_survival_function(self, x: VariableLike) -> Variable:
        return log_ndtr(-self._standardised(x))

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * ndtri(x)

    def sample_n(self, n: int) -> Variable:
        return self.loc + self.scale * self._draw("standard_normal", n)


@register_kl(Normal, Normal)
def normal_kl(dist1: Normal, dist2: Normal) -> Variable:
    """Divergence of normal distributions."""
    ratio = dist1.scale / dist2.scale
    distance = (dist1.loc - dist2.loc) / dist2.scale
    return dist2.log_scale - dist1.log_scale + 0.5 * (ratio * ratio + distance * distance - 1)
