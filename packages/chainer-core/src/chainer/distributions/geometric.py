"""Geometric distribution."""

from __future__ import annotations

from chainer.distribution import Distribution, as_samples, register_kl
from chainer.functions.math.exponential import log
from chainer.functions.math.logarithm_1p import log1p
from chainer.types import Shape, VariableLike
from chainer.variable import Variable, as_variable


class Geometric(Distribution):
    r"""Geometric distribution, of probability :math:`p (1 - p)^{x - 1}`: trials up to the first success.

    Args:
        p: Probability of success of a trial.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> D.Geometric(np.array([0.25], np.float32)).mean
        variable([4.])
    """

    def __init__(self, p: VariableLike) -> None:
        self._p = as_variable(p)

    @property
    def p(self) -> Variable:
        """Probability of success."""
        return self._p

    @property
    def batch_shape(self) -> Shape:
        return self.p.shape

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {"p": self.p}

    @property
    def support(self) -> str:
        return "positive integer"

    @property
    def mean(self) -> Variable:
        return 1 / self.p

    @property
    def variance(self) -> Variable:
        return (1 - self.p) / self.p**2

    def log_prob(self, x: VariableLike) -> Variable:
        x = as_variable(x)
        trials = x.array.astype(self.p.dtype) if x.dtype.kind != "f" else x
        return (trials - 1) * log1p(-self.p) + log(self.p)

    def sample_n(self, n: int) -> Variable:
        x = self.xp.random.geometric(self.p.array, (n, *self.batch_shape))
        return Variable(as_samples(x, self.p), requires_grad=False)


@register_kl(Geometric, Geometric)
def _kl_geometric_geometric(dist1: Geometric, dist2: Geometric) -> Variable:
    p1, p2 = dist1.p, dist2.p
    return (1 / p1 - 1) * (log1p(-p1) - log1p(-p2)) + log(p1) - log(p2)
