"""Normal distribution."""

from __future__ import annotations

import math

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.log_ndtr import log_ndtr
from chainer.functions.math.ndtr import ndtr
from chainer.functions.math.ndtri import ndtri
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Normal(Distribution):
    r"""Normal distribution, of density :math:`e^{- (x - \mu)^2 / (2 \sigma^2)} / \sqrt{2 \pi \sigma^2}`.

    Args:
        loc: Mean :math:`\mu`.
        scale: Standard deviation :math:`\sigma`.
        log_scale: Its logarithm, instead.

    Raises:
        ValueError: Both ``scale`` and ``log_scale`` are given, or none.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Normal(np.array([1], np.float32), np.array([2], np.float32)).cdf(np.array([1], np.float32))
        variable([0.5])
    """

    def __init__(
        self, loc: VariableLike, scale: VariableLike | None = None, *, log_scale: VariableLike | None = None
    ) -> None:
        if (scale is None) == (log_scale is None):
            raise ValueError("either scale or log_scale must be given, and not both")
        self._loc = as_variable(loc)
        self._scale = None if scale is None else as_variable(scale)
        self._log_scale = None if log_scale is None else as_variable(log_scale)

    @property
    def loc(self) -> Variable:
        """Mean."""
        return self._loc

    @cached_property
    def scale(self) -> Variable:
        """Standard deviation."""
        return exp(self._log_scale) if self._scale is None else self._scale

    @cached_property
    def log_scale(self) -> Variable:
        """Its logarithm."""
        return log(self._scale) if self._log_scale is None else self._log_scale

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
        return self.loc

    @property
    def stddev(self) -> Variable:
        return self.scale

    @property
    def variance(self) -> Variable:
        return self.scale**2

    @property
    def entropy(self) -> Variable:
        return self.log_scale + 0.5 * math.log(2 * math.pi * math.e)

    def _standard(self, x: VariableLike) -> Variable:
        return (as_variable(x) - self.loc) / self.scale

    def log_prob(self, x: VariableLike) -> Variable:
        return -0.5 * math.log(2 * math.pi) - self.log_scale - 0.5 * self._standard(x) ** 2

    def cdf(self, x: VariableLike) -> Variable:
        return ndtr(self._standard(x))

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * ndtri(x)

    def log_cdf(self, x: VariableLike) -> Variable:
        return log_ndtr(self._standard(x))

    def survival_function(self, x: VariableLike) -> Variable:
        return ndtr(-self._standard(x))

    def log_survival_function(self, x: VariableLike) -> Variable:
        return log_ndtr(-self._standard(x))

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_normal((n, *self.batch_shape))
        return self.loc + self.scale * as_samples(noise, self.loc)


@register_kl(Normal, Normal)
def _kl_normal_normal(dist1: Normal, dist2: Normal) -> Variable:
    z = (dist1.loc - dist2.loc) / dist2.scale
    ratio = dist1.scale / dist2.scale
    return 0.5 * (z**2 + ratio**2 - 1) + dist2.log_scale - dist1.log_scale
