"""Pareto distribution."""

from __future__ import annotations

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.distributions.utils import minus_infinity, within
from chainer.functions.array.where import where
from chainer.functions.math.exponential import exp, log
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Pareto(Distribution):
    r"""Pareto distribution, of density :math:`\alpha s^\alpha / x^{\alpha + 1}` from the scale :math:`s` on.

    Args:
        scale: Scale :math:`s`.
        alpha: Parameter :math:`\alpha`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Pareto(np.array([1], np.float32), np.array([3], np.float32)).mean
        variable([1.5])
    """

    def __init__(self, scale: VariableLike, alpha: VariableLike) -> None:
        self._scale = as_variable(scale)
        self._alpha = as_variable(alpha)

    @property
    def scale(self) -> Variable:
        """Scale."""
        return self._scale

    @property
    def alpha(self) -> Variable:
        """Parameter :math:`\\alpha`."""
        return self._alpha

    @property
    def batch_shape(self) -> Shape:
        return self.scale.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"scale": self.scale, "alpha": self.alpha}

    @property
    def support(self) -> str:
        return "[scale, inf]"

    @property
    def mean(self) -> Variable:
        mean = self.alpha * self.scale / (self.alpha - 1)
        return where(self.alpha.array > 1, mean, -minus_infinity(mean))

    @property
    def variance(self) -> Variable:
        variance = self.scale**2 * self.alpha / ((self.alpha - 1) ** 2 * (self.alpha - 2))
        return where(self.alpha.array > 2, variance, -minus_infinity(variance))

    @property
    def entropy(self) -> Variable:
        return log(self.scale) - log(self.alpha) + 1 / self.alpha + 1

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        log_x = log(within(x.array > 0, x, 1))
        y = log(self.alpha) + self.alpha * log(self.scale) - (self.alpha + 1) * log_x
        return where(x.array >= self.scale.array, y, minus_infinity(y))

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_exponential((n, *self.batch_shape))
        return self.scale * exp(as_samples(noise, self.scale) / self.alpha)


@register_kl(Pareto, Pareto)
def _kl_pareto_pareto(dist1: Pareto, dist2: Pareto) -> Variable:
    y = (
        dist2.alpha * (log(dist1.scale) - log(dist2.scale))
        + log(dist1.alpha)
        - log(dist2.alpha)
        + (dist2.alpha - dist1.alpha) / dist1.alpha
    )
    return where(dist1.scale.array >= dist2.scale.array, y, -minus_infinity(y))
