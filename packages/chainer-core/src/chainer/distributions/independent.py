"""Batch axes of a distribution as axes of its outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainer.distribution import Distribution, kl_divergence, register_kl
from chainer.functions.array.reshape import reshape
from chainer.functions.math.prod import prod
from chainer.functions.math.sum import sum as _sum
from chainer.types import Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class Independent(Distribution):
    r"""Joint distribution of independent ones, for which the last batch axes become the first axes of an outcome.

    So a batch of normal distributions of shape ``(B, d)`` becomes ``B`` distributions of vectors of length ``d``.

    Args:
        distribution: The distributions.
        reinterpreted_batch_ndims: How many batch axes are taken; ``None`` takes all but the first.

    Raises:
        ValueError: There are not so many.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> normal = D.Normal(np.zeros((2, 3), "f"), np.ones((2, 3), "f"))
        >>> joint = D.Independent(normal, 1)
        >>> joint.batch_shape, joint.event_shape, joint.entropy
        ((2,), (3,), variable([4.257, 4.257]))
    """

    def __init__(self, distribution: Distribution, reinterpreted_batch_ndims: int | None = None) -> None:
        batch_ndim = len(distribution.batch_shape)
        n = max(0, batch_ndim - 1) if reinterpreted_batch_ndims is None else reinterpreted_batch_ndims
        if not 0 <= n <= batch_ndim:
            raise ValueError(
                "reinterpreted_batch_ndims must be less than or equal to the number of dimensions of "
                f"distribution.batch_shape, which is {batch_ndim}, and not negative, got {n}"
            )
        self._distribution = distribution
        self._reinterpreted_batch_ndims = n

    @property
    def distribution(self) -> Distribution:
        """The distributions that were made one."""
        return self._distribution

    @property
    def reinterpreted_batch_ndims(self) -> int:
        """How many of their batch axes are taken."""
        return self._reinterpreted_batch_ndims

    @property
    def batch_shape(self) -> Shape:
        shape = self.distribution.batch_shape
        return shape[: len(shape) - self.reinterpreted_batch_ndims]

    @property
    def event_shape(self) -> Shape:
        return self.distribution.batch_shape[len(self.batch_shape) :] + self.distribution.event_shape

    @property
    def params(self) -> dict[str, Variable]:
        return self.distribution.params

    @property
    def support(self) -> str:
        return self.distribution.support

    @property
    def xp(self) -> Any:
        return self.distribution.xp

    @property
    def mean(self) -> Variable:
        return self.distribution.mean

    @property
    def mode(self) -> Variable:
        return self.distribution.mode

    @property
    def variance(self) -> Variable:
        return self.distribution.variance

    @property
    def stddev(self) -> Variable:
        return self.distribution.stddev

    @cached_property
    def covariance(self) -> Variable:
        """Covariances of the elements of the outcome, which is flattened: a matrix of blocks on the diagonal."""
        n = math.prod(self.event_shape)
        d = math.prod(self.distribution.event_shape)
        parts = self.distribution.covariance if self.distribution.event_shape else self.distribution.variance
        blocks = reshape(parts, (*self.batch_shape, n // d, d, 1, d))
        on_diagonal = blocks.xp.eye(n // d, dtype=blocks.dtype)[:, None, :, None]
        return reshape(blocks * on_diagonal, (*self.batch_shape, n, n))

    @property
    def entropy(self) -> Variable:
        return self._reduced(_sum, self.distribution.entropy)

    def _reduced(self, reduce: Callable[..., Variable], x: Variable) -> Variable:
        n = self.reinterpreted_batch_ndims
        return reduce(x, axis=tuple(range(x.ndim - n, x.ndim))) if n else x

    def log_prob(self, x: VariableLike) -> Variable:
        return self._reduced(_sum, self.distribution.log_prob(x))

    def prob(self, x: VariableLike) -> Variable:
        return self._reduced(prod, self.distribution.prob(x))

    def cdf(self, x: VariableLike) -> Variable:
        return self._reduced(prod, self.distribution.cdf(x))

    def log_cdf(self, x: VariableLike) -> Variable:
        return self._reduced(_sum, self.distribution.log_cdf(x))

    def icdf(self, x: VariableLike) -> Variable:
        """Not available: many outcomes have the same value of :meth:`cdf`.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(
            "the cumulative distribution function of several variables has no inverse; use that of .distribution"
        )

    def survival_function(self, x: VariableLike) -> Variable:
        """Probability that every element of an outcome exceeds that of ``x``."""
        return self._reduced(prod, self.distribution.survival_function(x))

    def log_survival_function(self, x: VariableLike) -> Variable:
        """Logarithm of :meth:`survival_function`."""
        return self._reduced(_sum, self.distribution.log_survival_function(x))

    def perplexity(self, x: VariableLike) -> Variable:
        return self._reduced(prod, self.distribution.perplexity(x))

    def sample_n(self, n: int) -> Variable:
        return self.distribution.sample_n(n)


@register_kl(Independent, Independent)
def _kl(dist1: Independent, dist2: Independent) -> Variable:
    if dist1.event_shape != dist2.event_shape:
        raise ValueError(f"event shapes do not match: {dist1.event_shape} and {dist2.event_shape}")
    parts1, parts2 = dist1.distribution, dist2.distribution
    if parts1.event_shape != parts2.event_shape:
        raise NotImplementedError(
            "there is no divergence of Independent distributions whose parts have different event shapes, "
            f"{parts1.event_shape} and {parts2.event_shape}"
        )
    return dist1._reduced(_sum, kl_divergence(parts1, parts2))
