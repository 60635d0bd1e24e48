"""Laplace distribution."""

from __future__ import annotations

import math

import numpy

from chainer import backend
from chainer.distribution import Distribution, as_samples, register_kl
from chainer.function_node import FunctionNode
from chainer.functions.math.basic_math import absolute
from chainer.functions.math.exponential import exp, log
from chainer.types import Arrays, Shape, VariableLike, Variables
from chainer.variable import Variable, as_variable


class LaplaceCDF(FunctionNode):
    """Node of the distribution function at location 0 and scale 1."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        (x,) = inputs
        xp = backend.get_array_module(x)
        return (0.5 - 0.5 * xp.sign(x) * xp.expm1(-abs(x)),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        return (0.5 * exp(-absolute(x)) * gy,)


class LaplaceICDF(FunctionNode):
    """Node of the inverse of the distribution function at location 0 and scale 1."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        (x,) = inputs
        xp = backend.get_array_module(x)
        centred = x - 0.5
        with numpy.errstate(divide="ignore"):
            return (-xp.sign(centred) * xp.log1p(-2 * abs(centred)),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (gy,) = grad_outputs
        return (gy / (0.5 - absolute(x - 0.5)),)


class Laplace(Distribution):
    r"""Laplace distribution, of density :math:`e^{- |x - l| / s} / (2 s)`.

    Args:
        loc: Location :math:`l`.
        scale: Scale :math:`s`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Laplace(np.array([1], np.float32), np.array([2], np.float32)).cdf(np.array([1], np.float32))
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
        return self.loc

    @property
    def mode(self) -> Variable:
        return self.loc

    @property
    def variance(self) -> Variable:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Variable:
        return math.sqrt(2) * self.scale

    @property
    def entropy(self) -> Variable:
        return 1 + log(2 * self.scale)

    def log_prob(self, x: VariableLike) -> Variable:
        return -log(2 * self.scale) - absolute(as_variable(x) - self.loc) / self.scale

    def cdf(self, x: VariableLike) -> Variable:
        return LaplaceCDF().apply(((as_variable(x) - self.loc) / self.scale,))[0]

    def icdf(self, x: VariableLike) -> Variable:
        return self.loc + self.scale * LaplaceICDF().apply((x,))[0]

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.laplace(size=(n, *self.batch_shape))
        return as_samples(noise, self.loc) * self.scale + self.loc


@register_kl(Laplace, Laplace)
def _kl_laplace_laplace(dist1: Laplace, dist2: Laplace) -> Variable:
    distance = absolute(dist1.loc - dist2.loc)
    return (
        log(dist2.scale)
        - log(dist1.scale)
        + distance / dist2.scale
        + dist1.scale / dist2.scale * exp(-distance / dist1.scale)
        - 1
    )
