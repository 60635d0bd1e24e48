"""Categorical distribution."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.distributions.utils import xlogx, xlogy
from chainer.functions.activation.log_softmax import log_softmax
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.sum import sum as _sum
from chainer.types import NdArray, VariableLike
from chainer.utils.argument import parse_kwargs
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_array


class CategoricalBase(Parametric):
    """What distributions over a finite set have in common, however they write down an outcome."""

    p = parameter("Probabilities.", event_ndim=1, otherwise=lambda self: exp(self.log_p))
    _names = ("p",)

    @property
    def support(self) -> str:
        raise self._missing("support")

    @cached_property
    def log_p(self) -> Variable:
        """Logarithms of the probabilities."""
        return log(self.p)

    def _draw_indexes(self, n: int) -> NdArray:
        """``n`` draws of each distribution, of shape ``(n,) + batch_shape``, by inverting cumulative sums.

        The numbers of one distribution are drawn after another, as ``numpy.random.choice`` for each would.

        Raises:
            ValueError: A probability is negative or NaN, or all of one distribution are zero.
        """
        p = self.p.array
        xp = backend.get_array_module(p)
        cumulative = p.reshape((-1, p.shape[-1])).astype("d").cumsum(axis=-1)
        if not ((p >= 0).all() and (cumulative[:, -1] > 0).all()):
            raise ValueError(f"the probabilities of {type(self).__name__} must not be negative, NaN or all zero")
        cumulative /= cumulative[:, -1:]
        u = xp.random.random_sample((len(cumulative), n))
        index = xp.empty((n, len(cumulative)), xp.int64)
        for i, one in enumerate(cumulative):  # a search a distribution: comparing all at once takes K times the memory
            index[:, i] = xp.searchsorted(one, u[i], side="right")
        return index.reshape((n, *self.batch_shape))


class Categorical(CategoricalBase):
    r"""Categorical distribution, :math:`P(x = i) = p_i` for :math:`i = 0, \dots, K - 1`.

    Args:
        p: Probabilities in the last axis. Variable or array of a float dtype.
        logit: Unnormalised logarithms of the probabilities, by keyword, instead of ``p``.

    Raises:
        ValueError: Both ``p`` and ``logit`` are given, or neither.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Categorical(np.float32([0.25, 0.75])).prob(np.array(1))
        variable(0.75)
    """

    logit = parameter("Unnormalised logarithms of the probabilities.", event_ndim=1, otherwise=lambda self: self.log_p)

    def __init__(self, p: VariableLike | None = None, **kwargs: Any) -> None:
        (logit,) = parse_kwargs(kwargs, ("logit", None))
        if (p is None) == (logit is None):
            raise ValueError("either p or logit must be given, and not both")
        super().__init__(p=p, logit=logit)

    @cached_property
    def log_p(self) -> Variable:
        """Logarithms of the probabilities."""
        return log_softmax(self.logit, axis=-1) if "logit" in self._given else log(self.p)

    @cached_property
    def entropy(self) -> Variable:
        return -_sum(xlogx(self.p, self.log_p), axis=-1)

    def log_prob(self, x: VariableLike) -> Variable:
        index = as_array(x)
        if index.dtype.kind == "f":  # a label in an array of floats, as a sample of another distribution is
            index = index.astype("i")
        axes = self.xp.ogrid[tuple([slice(size) for size in self.batch_shape])]
        return self.log_p[(*axes, index)]

    def sample_n(self, n: int) -> Variable:
        return Variable(self._draw_indexes(n))


@register_kl(Categorical, Categorical)
def categorical_kl(dist1: CategoricalBase, dist2: CategoricalBase) -> Variable:
    """Divergence of distributions over a finite set."""
    return _sum(xlogx(dist1.p, dist1.log_p) - xlogy(dist1.p, dist2.log_p), axis=-1)
