"""Uniform distribution."""

from __future__ import annotations

import math
from typing import Any

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.functions.math.clip import clip
from chainer.functions.math.exponential import log
from chainer.types import VariableLike
from chainer.utils.argument import parse_kwargs
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Uniform(Parametric):
    r"""Uniform distribution, :math:`p(x) = \frac{1}{h - l}` for :math:`l \le x \le h`.

    Samples are reparametrised.

    Args:
        low: Least outcome :math:`l`, by keyword. Variable or array of a float dtype.
        high: Greatest outcome :math:`h`, by keyword.
        loc: Least outcome, by keyword, with ``scale`` instead of the two above.
        scale: The length :math:`h - l`, by keyword.

    Raises:
        ValueError: Neither ``low`` and ``high`` nor ``loc`` and ``scale`` are given, or some of both.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Uniform(low=np.float32([1]), high=np.float32([3])).mean
        variable([2.])
    """

    low = parameter("Least outcome.", otherwise=lambda self: self.loc)
    high = parameter("Greatest outcome.", otherwise=lambda self: self.loc + self.scale)
    loc = parameter("Least outcome.", otherwise=lambda self: self.low)
    scale = parameter("Length of the interval.", otherwise=lambda self: self.high - self.low)
    _support = "[low, high]"

    def __init__(self, **kwargs: Any) -> None:
        values = parse_kwargs(kwargs, ("low", None), ("high", None), ("loc", None), ("scale", None))
        super().__init__(**dict(zip(("low", "high", "loc", "scale"), values)))
        self._names = tuple(self._given)
        if self._names not in {("low", "high"), ("loc", "scale")}:
            raise ValueError(
                "either low and high or loc and scale must be given, and not both, "
                f"got {', '.join(self._names) or 'none of them'}"
            )

    @cached_property
    def mean(self) -> Variable:
        return 0.5 * (self.high + self.low)

    @cached_property
    def variance(self) -> Variable:
        return self.scale * self.scale * (1 / 12)

    @cached_property
    def stddev(self) -> Variable:
        return self.scale * math.sqrt(1 / 12)

    @cached_property
    def entropy(self) -> Variable:
        return log(self.scale)

    def log_prob(self, x: VariableLike) -> Variable:
        array = as_variable(x).array
        return inside_or((self.low.array <= array) & (array <= self.high.array), -self.entropy, -math.inf)

    def cdf(self, x: VariableLike) -> Variable:
        return clip((x - self.loc) / self.scale, 0.0, 1.0)

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * x

    def sample_n(self, n: int) -> Variable:
        return self.icdf(self._draw("uniform", n, 0.0, 1.0))


@register_kl(Uniform, Uniform)
def _kl(dist1: Uniform, dist2: Uniform) -> Variable:
    covered = (dist1.low.array >= dist2.low.array) & (dist1.high.array <= dist2.high.array)
    return inside_or(covered, dist2.entropy - dist1.entropy, math.inf)
