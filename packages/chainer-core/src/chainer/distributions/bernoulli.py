"""Bernoulli distribution."""

from __future__ import annotations

import math

from chainer import backend
from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, inside_or, parameter
from chainer.distributions.utils import xlogx, xlogy
from chainer.function_node import FunctionNode
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.softplus import softplus
from chainer.functions.array.broadcast import broadcast
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils.cache import cached_property
from chainer.variable import Variable


def _is_binary(x: NdArray) -> NdArray:
    return (x == 0) | (x == 1)


class BernoulliLogProb(FunctionNode):
    r"""Node of :math:`x \log \sigma(l) + (1 - x) \log \sigma(-l)` of ``(logit, x)``, also for infinite logits.

    Args:
        binary_check: Whether the value is minus infinity where ``x`` is neither 0 nor 1.
    """

    is_elementwise = True

    def __init__(self, binary_check: bool = False) -> None:
        self.binary_check = binary_check

    def forward(self, inputs: Arrays) -> Arrays:
        logit, x = inputs
        self.retain_inputs((0, 1))
        xp = backend.get_array_module(logit)
        zero = xp.zeros((), logit.dtype)
        correction = xp.log1p(xp.exp(-abs(logit)))
        # What has no weight is left out: its logarithm may be infinite.
        y = x * xp.where(x == 0, zero, xp.minimum(logit, 0) - correction)
        y += (1 - x) * xp.where(x == 1, zero, xp.minimum(-logit, 0) - correction)
        return (xp.where(_is_binary(x), y, -math.inf) if self.binary_check else y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        assert gy is not None
        logit, x = self.get_retained_inputs()
        if self.binary_check:
            gy = inside_or(_is_binary(x.array), gy, 0.0)
        return tuple([gy * (x - sigmoid(logit)) if i == 0 else gy * logit for i in indexes])


class Bernoulli(Parametric):
    r"""Bernoulli distribution, :math:`P(x = 1) = p` and :math:`P(x = 0) = 1 - p`.

    Args:
        p: Probability of 1. Variable or array of a float dtype.
        logit: :math:`\log \frac{p}{1 - p}` instead of ``p``.
        binary_check: Whether anything but 0 and 1 has probability 0. Otherwise values between them stand for mixtures.

    Raises:
        ValueError: Both ``p`` and ``logit`` are given, or neither.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Bernoulli(np.float32([0.25])).prob(np.array([0]))
        variable([0.75])
    """

    p = parameter("Probability of 1.", otherwise=lambda self: sigmoid(self.logit))
    logit = parameter("Log odds of 1.", otherwise=lambda self: log(self.p) - log1p(-self.p))
    _names = ("logit",)
    _support = "{0, 1}"

    def __init__(
        self, p: VariableLike | None = None, logit: VariableLike | None = None, binary_check: bool = False
    ) -> None:
        if (p is None) == (logit is None):
            raise ValueError("either p or logit must be given, and not both")
        super().__init__(p=p, logit=logit)
        self.binary_check = binary_check

    @property
    def mean(self) -> Variable:
        return self.p

    @cached_property
    def variance(self) -> Variable:
        return self.p * (1 - self.p)

    @cached_property
    def _log_p(self) -> Variable:
        return -softplus(-self.logit)

    @cached_property
    def _log_q(self) -> Variable:
        return -softplus(self.logit)

    @cached_property
    def entropy(self) -> Variable:
        return -xlogx(self.p, self._log_p) - xlogx(1 - self.p, self._log_q)

    def log_prob(self, x: VariableLike) -> Variable:
        return BernoulliLogProb(self.binary_check).apply(broadcast(self.logit, self._observed(x)))[0]

    def prob(self, x: VariableLike) -> Variable:
        x = self._observed(x)
        y = x * self.p + (1 - x) * (1 - self.p)
        return inside_or(_is_binary(x.array), y, 0.0) if self.binary_check else y

    def sample_n(self, n: int) -> Variable:
        return Variable(self.xp.random.binomial(1, self.p.array, size=(n, *self.batch_shape)))


@register_kl(Bernoulli, Bernoulli)
def _kl(dist1: Bernoulli, dist2: Bernoulli) -> Variable:
    p, q = dist1.p, 1 - dist1.p
    return -dist1.entropy - xlogy(p, dist2._log_p) - xlogy(q, dist2._log_q)
