"""Categorical distribution whose outcomes are one-hot vectors."""

from __future__ import annotations

from chainer.distribution import register_kl
from chainer.distributions.categorical import CategoricalBase, categorical_kl
from chainer.distributions.utils import xlogy
from chainer.functions.math.sum import sum as _sum
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class OneHotCategorical(CategoricalBase):
    r"""Categorical distribution, :math:`P(x = e_i) = p_i` for the unit vectors :math:`e_0, \dots, e_{K - 1}`.

    Args:
        p: Probabilities in the last axis. Variable or array of a float dtype.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.OneHotCategorical(np.float32([0.25, 0.75])).prob(np.float32([0, 1]))
        variable(0.75)
    """

    def __init__(self, p: VariableLike) -> None:
        super().__init__(p=p)

    @property
    def event_shape(self) -> Shape:
        return self.p.shape[-1:]

    @property
    def mean(self) -> Variable:
        return self.p

    @cached_property
    def variance(self) -> Variable:
        return self.p * (1 - self.p)

    def log_prob(self, x: VariableLike) -> Variable:
        return _sum(xlogy(self._observed(x), self.log_p), axis=-1)

    def sample_n(self, n: int) -> Variable:
        return Variable(self.xp.eye(*self.event_shape, dtype=self._dtype)[self._draw_indexes(n)])


register_kl(OneHotCategorical, OneHotCategorical)(categorical_kl)
