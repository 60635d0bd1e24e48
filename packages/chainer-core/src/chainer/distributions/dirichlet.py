"""Dirichlet distribution."""

from __future__ import annotations

import numpy

from chainer.distribution import Distribution, as_samples, draw_on_cpu, register_kl
from chainer.functions.array.expand_dims import expand_dims
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.functions.math.sum import sum
from chainer.types import NdArray, Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Dirichlet(Distribution):
    r"""Dirichlet distribution, of density :math:`\prod_i x_i^{\alpha_i - 1} / B(\alpha)`.

    Args:
        alpha: Concentrations, along the last axis.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Dirichlet(np.array([1, 1, 2], np.float32)).mean
        variable([0.25, 0.25, 0.5 ])
    """

    def __init__(self, alpha: VariableLike) -> None:
        self._alpha = as_variable(alpha)

    @property
    def alpha(self) -> Variable:
        """Concentrations."""
        return self._alpha

    @cached_property
    def alpha0(self) -> Variable:
        """Sum of the concentrations."""
        return sum(self.alpha, axis=-1)

    @property
    def batch_shape(self) -> Shape:
        return self.alpha.shape[:-1]

    @property
    def event_shape(self) -> Shape:
        return self.alpha.shape[-1:]

    @property
    def params(self) -> dict[str, Variable]:
        return {"alpha": self.alpha}

    @property
    def support(self) -> str:
        return "[0, 1]"

    @property
    def mean(self) -> Variable:
        return self.alpha / expand_dims(self.alpha0, axis=-1)

    @property
    def variance(self) -> Variable:
        mean = self.mean
        return mean * (1 - mean) / (expand_dims(self.alpha0, axis=-1) + 1)

    @property
    def entropy(self) -> Variable:
        return (
            _log_beta(self)
            + (self.alpha0 - self.event_shape[0]) * digamma(self.alpha0)
            - sum((self.alpha - 1) * digamma(self.alpha), axis=-1)
        )

    def log_prob(self, x: VariableLike) -> Variable:
        return sum((self.alpha - 1) * log(as_variable(x)), axis=-1) - _log_beta(self)

    def sample_n(self, n: int) -> Variable:
        x = draw_on_cpu(_draw, (n, *self.batch_shape), self.alpha)
        return Variable(as_samples(x, self.alpha), requires_grad=False)


def _log_beta(dist: Dirichlet) -> Variable:
    return sum(lgamma(dist.alpha), axis=-1) - lgamma(dist.alpha0)


def _draw(alpha: NdArray, size: Shape) -> NdArray:
    n, *batch_shape = size
    drawn = [numpy.random.dirichlet(row, size=n) for row in alpha.reshape(-1, alpha.shape[-1])]
    return numpy.stack(drawn, axis=1).reshape(n, *batch_shape, alpha.shape[-1])


@register_kl(Dirichlet, Dirichlet)
def _kl_dirichlet_dirichlet(dist1: Dirichlet, dist2: Dirichlet) -> Variable:
    difference = digamma(dist1.alpha) - expand_dims(digamma(dist1.alpha0), axis=-1)
    return _log_beta(dist2) - _log_beta(dist1) + sum((dist1.alpha - dist2.alpha) * difference, axis=-1)
