"""Dirichlet distribution."""

from __future__ import annotations

from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.functions.array.expand_dims import expand_dims
from chainer.functions.math.digamma import digamma
from chainer.functions.math.exponential import log
from chainer.functions.math.lgamma import lgamma
from chainer.functions.math.sum import sum as _sum
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class Dirichlet(Parametric):
    r"""Dirichlet distribution of vectors of positive numbers whose sum is 1.

    .. math:: p(x) = \frac{\Gamma(\sum_i \alpha_i)}{\prod_i \Gamma(\alpha_i)} \prod_i x_i^{\alpha_i - 1}

    Args:
        alpha: Concentrations :math:`\alpha_i > 0` in the last axis. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.Dirichlet(np.float32([1, 1, 2])).mean
        variable([0.25, 0.25, 0.5 ])
    """

    alpha = parameter("Concentrations.", event_ndim=1)
    _names = ("alpha",)
    _support = "[0, 1]"

    def __init__(self, alpha: VariableLike) -> None:
        super().__init__(alpha=alpha)

    @property
    def event_shape(self) -> Shape:
        return self.alpha.shape[-1:]

    @cached_property
    def alpha0(self) -> Variable:
        """Sums of the concentrations."""
        return _sum(self.alpha, axis=-1)

    @cached_property
    def _log_norm(self) -> Variable:
        return _sum(lgamma(self.alpha), axis=-1) - lgamma(self.alpha0)

    @cached_property
    def mean(self) -> Variable:
        return self.alpha / expand_dims(self.alpha0, -1)

    @cached_property
    def variance(self) -> Variable:
        return self.mean * (1 - self.mean) / (expand_dims(self.alpha0, -1) + 1)

    @cached_property
    def _mean_log(self) -> Variable:
        """Expectations of the logarithms of the elements."""
        return digamma(self.alpha) - expand_dims(digamma(self.alpha0), -1)

    @cached_property
    def entropy(self) -> Variable:
        return self._log_norm - _sum((self.alpha - 1) * self._mean_log, axis=-1)

    def log_prob(self, x: VariableLike) -> Variable:
        return _sum((self.alpha - 1) * log(as_variable(x)), axis=-1) - self._log_norm

    def sample_n(self, n: int) -> Variable:
        # One distribution after another, as numpy.random.dirichlet for each would draw.
        alpha = self.alpha.array.reshape((-1, 1, *self.event_shape))
        draws = self.xp.random.standard_gamma(alpha, size=(len(alpha), n, *self.event_shape))
        draws /= draws.sum(axis=-1, keepdims=True)
        return Variable(draws.swapaxes(0, 1).reshape((n, *self.alpha.shape)).astype(self._dtype, copy=False))


@register_kl(Dirichlet, Dirichlet)
def _kl(dist1: Dirichlet, dist2: Dirichlet) -> Variable:
    expected = _sum((dist1.alpha - dist2.alpha) * dist1._mean_log, axis=-1)
    return dist2._log_norm - dist1._log_norm + expected
