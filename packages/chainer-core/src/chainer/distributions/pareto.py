"""Pareto distribution."""

from __future__ import annotations

import math

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.functions.math.exponential import log
from chainer.types import VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Pareto(Parametric):
    r"""Pareto distribution, :math:`p(x) = \alpha s^\alpha x^{-(\alpha + 1)}` for :math:`x \ge s`.

    Its mean is infinite for :math:`\alpha \le 1`, its variance for :math:`\alpha \le 2`. Samples are reparametrised by
    the scale alone.

    Args:
        scale: Least outcome :math:`s > 0`. Variable or array of a float dtype.
        alpha: Exponent :math:`\alpha > 0` of the tail.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Pareto(np.float32([1]), np.float32([3])).mean
        variable([1.5])
    """

    scale = parameter("Least outcome.")
    alpha = parameter("Exponent of the tail.")
    _names = ("scale", "alpha")
    _support = "[scale, inf]"

    def __init__(self, scale: VariableLike, alpha: VariableLike) -> None:
        super().__init__(scale=scale, alpha=alpha)

    @cached_property
    def _log_scale(self) -> Variable:
        return log(self.scale)

    @cached_property
    def _log_alpha(self) -> Variable:
        return log(self.alpha)

    @cached_property
    def mean(self) -> Variable:
        finite = self.alpha.array > 1
        alpha = inside_or(finite, self.alpha, 2.0)
        return inside_or(finite, alpha * self.scale / (alpha - 1), math.inf)

    @cached_property
    def variance(self) -> Variable:
        finite = self.alpha.array > 2
        alpha = inside_or(finite, self.alpha, 3.0)
        return inside_or(finite, alpha * (self.scale / (alpha - 1)) ** 2 / (alpha - 2), math.inf)

    @cached_property
    def entropy(self) -> Variable:
        return self._log_scale - self._log_alpha + 1 / self.alpha + 1

    def log_prob(self, x: VariableLike) -> Variable:
        inside = as_variable(x).array >= self.scale.array
        log_x = log(inside_or(inside, x, self.scale))
        y = self._log_alpha + self.alpha * self._log_scale - (self.alpha + 1) * log_x
        return inside_or(inside, y, -math.inf)

    def sample_n(self, n: int) -> Variable:
        return self.scale * (1 + self._draw("pareto", n, self.alpha.array))


@register_kl(Pareto, Pareto)
def _kl(dist1: Pareto, dist2: Pareto) -> Variable:
    y = (
        dist1._log_alpha
        - dist2._log_alpha
        + dist2.alpha * (dist1._log_scale - dist2._log_scale)
        + (dist2.alpha - dist1.alpha) / dist1.alpha
    )
    return inside_or(dist1.scale.array >= dist2.scale.array, y, math.inf)
