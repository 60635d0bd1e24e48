"""Laplace distribution."""

from __future__ import annotations

import math

from chainer import backend
from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.function_node import FunctionNode
from chainer.functions.math.basic_math import absolute
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.minimum import minimum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class LaplaceCDF(FunctionNode):
    """Node of the distribution function of the standard Laplace distribution."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        tail = 0.5 * xp.exp(-abs(x))
        return (xp.where(x < 0, tail, 1 - tail),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        return (0.5 * exp(-absolute(x)) * grad_outputs[0],)


class LaplaceICDF(FunctionNode):
    """Node of the quantiles of the standard Laplace distribution; NaN outside of [0, 1]."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_inputs((0,))
        xp = backend.get_array_module(x)
        log_tail = xp.log(2 * xp.minimum(x, 1 - x))
        return (xp.where(x < 0.5, log_tail, -log_tail),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        return (grad_outputs[0] / minimum(x, 1 - x),)


class Laplace(Parametric):
    r"""Laplace distribution, :math:`p(x) = \frac{1}{2 b} e^{-|x - \mu| / b}`.

    Samples are reparametrised.

    Args:
        loc: Mean :math:`\mu`. Variable or array of a float dtype.
        scale: Scale :math:`b > 0`.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Laplace(np.float32([1]), np.float32([2])).prob(np.float32([1]))
        variable([0.25])
    """

    loc = parameter("Mean.")
    scale = parameter("Scale.")
    _names = ("loc", "scale")
    _support = "real"

    def __init__(self, loc: VariableLike, scale: VariableLike) -> None:
        super().__init__(loc=loc, scale=scale)

    @cached_property
    def _log_scale(self) -> Variable:
        return log(self.scale)

    @property
    def mean(self) -> Variable:
        return self.loc

    @property
    def mode(self) -> Variable:
        return self.loc

    @cached_property
    def variance(self) -> Variable:
        return 2 * self.scale * self.scale

    @cached_property
    def stddev(self) -> Variable:
        return math.sqrt(2) * self.scale

    @cached_property
    def entropy(self) -> Variable:
        return self._log_scale + (1 + math.log(2))

    def log_prob(self, x: VariableLike) -> Variable:
        return -absolute(x - self.loc) / self.scale - self._log_scale - math.log(2)

    def cdf(self, x: VariableLike) -> Variable:
        return LaplaceCDF().apply(((x - self.loc) / self.scale,))[0]

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * LaplaceICDF().apply((x,))[0]

    def sample_n(self, n: int) -> Variable:
        return self.loc + self.scale * self._draw("laplace", n)


@register_kl(Laplace, Laplace)
def _kl(dist1: Laplace, dist2: Laplace) -> Variable:
    distance = absolute(dist1.loc - dist2.loc)
    expected = (distance + dist1.scale * exp(-distance / dist1.scale)) / dist2.scale
    return dist2._log_scale - dist1._log_scale + expected - 1
