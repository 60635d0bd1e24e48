"""Bernoulli distribution."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.distribution import Distribution, draw_on_cpu, register_kl
from chainer.distributions.utils import modified_xlogx
from chainer.function_node import FunctionNode
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.softplus import softplus
from chainer.functions.array.where import where
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_array, as_variable


class BernoulliLogProb(FunctionNode):
    """Node of the logarithm of the probability, of logit and events.

    Args:
        binary_check: Whether events other than 0 and 1 have no probability; otherwise they are interpolated between.
    """

    def __init__(self, binary_check: bool = False) -> None:
        self.binary_check = binary_check

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        logit, x = inputs
        xp = backend.get_array_module(logit)
        x = x.astype(logit.dtype, copy=False)
        # Where an event is certain, the logit is infinite, and its logarithm must be zero and not 0 * inf.
        y = -_weighted(xp, 1 - x, xp.logaddexp(logit.dtype.type(0), logit))
        y -= _weighted(xp, x, xp.logaddexp(logit.dtype.type(0), -logit))
        if self.binary_check:
            y[(x != 0) & (x != 1)] = -numpy.inf
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        logit, x = self.get_retained_inputs()
        (gy,) = grad_outputs
        slope = x.array.astype(logit.dtype, copy=False) - sigmoid(logit)
        return sum_to(gy * slope, logit.shape), None


def _weighted(xp: Any, weight: NdArray, value: NdArray) -> NdArray:
    with numpy.errstate(invalid="ignore"):
        return xp.where(weight == 0, value.dtype.type(0), weight * value)


class Bernoulli(Distribution):
    """Bernoulli distribution: 1 with probability ``p``, else 0.

    Args:
        p: Probability of 1.
        logit: Its logit, instead.
        binary_check: Whether events other than 0 and 1 have no probability; otherwise they are interpolated between.

    Raises:
        ValueError: Both ``p`` and ``logit`` are given, or none.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Bernoulli(p=np.array([0.25], np.float32)).prob(np.array([1]))
        variable([0.25])
    """

    def __init__(
        self, p: VariableLike | None = None, logit: VariableLike | None = None, binary_check: bool = False
    ) -> None:
        if (p is None) == (logit is None):
            raise ValueError("either p or logit must be given, and not both")
        self._p = None if p is None else as_variable(p)
        self._logit = None if logit is None else as_variable(logit)
        self.binary_check = binary_check

    @cached_property
    def p(self) -> Variable:
        """Probability of 1."""
        return sigmoid(self._logit) if self._p is None else self._p

    @cached_property
    def logit(self) -> Variable:
        """Its logit."""
        return log(self.p) - log1p(-self.p) if self._logit is None else self._logit

    @property
    def batch_shape(self) -> Shape:
        return self.p.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"logit": self.logit}

    @property
    def support(self) -> str:
        return "{0, 1}"

    @property
    def mean(self) -> Variable:
        return self.p

    @property
    def variance(self) -> Variable:
        return self.p * (1 - self.p)

    @property
    def entropy(self) -> Variable:
        return -modified_xlogx(self.p) - modified_xlogx(1 - self.p)

    def log_prob(self, x: VariableLike) -> Variable:
        return BernoulliLogProb(self.binary_check).apply((self.logit, x))[0]

    def prob(self, x: VariableLike) -> Variable:
        x = as_array(x).astype(self.p.dtype, copy=False)
        y = x * self.p + (1 - x) * (1 - self.p)
        return where((x == 0) | (x == 1), y, self.xp.zeros_like(y.array)) if self.binary_check else y

    def sample_n(self, n: int) -> Variable:
        return Variable(draw_on_cpu(_draw, (n, *self.batch_shape), self.p), requires_grad=False)


def _draw(p: NdArray, size: Shape) -> NdArray:
    return numpy.random.binomial(1, p, size)


@register_kl(Bernoulli, Bernoulli)
def _kl_bernoulli_bernoulli(dist1: Bernoulli, dist2: Bernoulli) -> Variable:
    return dist1.p * (dist1.logit - dist2.logit) - softplus(dist1.logit) + softplus(dist2.logit)
