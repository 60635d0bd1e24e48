"""Gumbel distribution."""

from __future__ import annotations

import math

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.lgamma import lgamma
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable

EULER = 0.57721566490153286060651209008240243104215933593992
"""Euler's constant."""


class Gumbel(Distribution):
    r"""Gumbel distribution, of density :math:`e^{- z - e^{- z}} / s` with :math:`z = (x - l) / s`.

    Args:
        loc: Location :math:`l`.
        scale: Scale :math:`s`.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Gumbel(np.array([0], np.float32), np.array([1], np.float32)).mean
        variable([0.5772157])
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
        return self.loc + EULER * self.scale

    @property
    def variance(self) -> Variable:
        return math.pi**2 * self.scale**2 / 6

    @property
    def entropy(self) -> Variable:
        return log(self.scale) + (EULER + 1)

    def log_prob(self, x: VariableLike) -> Variable:
        z = (as_variable(x) - self.loc) / self.scale
        return -log(self.scale) - z - exp(-z)

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.gumbel(size=(n, *self.batch_shape))
        return as_samples(noise, self.loc) * self.scale + self.loc


@register_kl(Gumbel, Gumbel)
def _kl_gumbel_gumbel(dist1: Gumbel, dist2: Gumbel) -> Variable:
    ratio = dist1.scale / dist2.scale
    return (
        log(dist2.scale)
        - log(dist1.scale)
        + EULER * (ratio - 1)
        + exp((dist2.loc - dist1.loc) / dist2.scale + lgamma(ratio + 1))
        - 1
        + (dist1.loc - dist2.loc) / dist2.scale
    )
