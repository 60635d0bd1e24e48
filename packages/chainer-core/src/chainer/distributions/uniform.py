"""Uniform distribution."""

from __future__ import annotations

import math

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.distributions.utils import minus_infinity
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.where import where
from chainer.functions.math.clip import clip
from chainer.functions.math.exponential import log
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_array, as_variable


class Uniform(Distribution):
    """Uniform distribution of an interval, given by its ends or by its lower end and its length.

    Args:
        low: Lower end.
        high: Upper end.
        loc: Lower end, instead.
        scale: Length, instead.

    Raises:
        ValueError: Neither ``low`` and ``high`` are given nor ``loc`` and ``scale``, or both pairs are.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Uniform(low=np.array([1], np.float32), high=np.array([3], np.float32)).mean
        variable([2.])
    """

    def __init__(
        self,
        *,
        low: VariableLike | None = None,
        high: VariableLike | None = None,
        loc: VariableLike | None = None,
        scale: VariableLike | None = None,
    ) -> None:
        by_ends = low is not None and high is not None
        by_length = loc is not None and scale is not None
        if by_ends == by_length:
            raise ValueError("either low and high or loc and scale must be given, and not both")
        self._by_ends = by_ends
        self._loc = as_variable(low if by_ends else loc)
        self._high = as_variable(high) if by_ends else None
        self._scale = None if by_ends else as_variable(scale)

    @property
    def low(self) -> Variable:
        """Lower end."""
        return self._loc

    @property
    def loc(self) -> Variable:
        """Lower end."""
        return self._loc

    @cached_property
    def high(self) -> Variable:
        """Upper end."""
        return self._loc + self._scale if self._high is None else self._high

    @cached_property
    def scale(self) -> Variable:
        """Length."""
        return self._high - self._loc if self._scale is None else self._scale

    @property
    def batch_shape(self) -> Shape:
        return self.low.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        if self._by_ends:
            return {"low": self.low, "high": self.high}
        return {"loc": self.loc, "scale": self.scale}

    @property
    def support(self) -> str:
        return "[low, high]"

    @property
    def mean(self) -> Variable:
        return 0.5 * (self.high + self.low)

    @property
    def stddev(self) -> Variable:
        return self.scale / math.sqrt(12)

    @property
    def variance(self) -> Variable:
        return self.scale**2 / 12

    @property
    def entropy(self) -> Variable:
        return log(self.scale)

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_array(x)
        inside = (x >= self.low.array) & (x <= self.high.array)
        y = broadcast_to(-log(self.scale), inside.shape)
        return where(inside, y, minus_infinity(y))

    def cdf(self, x: VariableLike) -> Variable:
        return clip((as_variable(x) - self.loc) / self.scale, 0.0, 1.0)

    def icdf(self, x: VariableLike) -> Variable:
        return as_variable(x) * self.scale + self.loc

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.uniform(0, 1, (n, *self.batch_shape))
        return as_samples(noise, self.low) * self.scale + self.loc


@register_kl(Uniform, Uniform)
def _kl_uniform_uniform(dist1: Uniform, dist2: Uniform) -> Variable:
    y = log(dist2.scale) - log(dist1.scale)
    contained = (dist1.low.array >= dist2.low.array) & (dist1.high.array <= dist2.high.array)
    return where(contained, y, -minus_infinity(y))
