"""Distributions taken together as one event."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainer.distribution import Distribution, kl_divergence, register_kl
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.reshape import reshape
from chainer.functions.math.prod import prod
from chainer.functions.math.sum import sum
from chainer.types import Shape, VariableLike
from chainer.variable import Variable


class Independent(Distribution):
    """Distribution of which the last axes of the batch belong to the event.

    Args:
        distribution: The distribution.
        reinterpreted_batch_ndims: How many axes; all but the first by default.

    Raises:
        ValueError: The batch has not as many axes.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> d = D.Independent(D.Normal(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)))
        >>> d.batch_shape, d.event_shape, d.log_prob(np.zeros((2, 3), np.float32)).shape
        ((2,), (3,), (2,))
    """

    def __init__(self, distribution: Distribution, reinterpreted_batch_ndims: int | None = None) -> None:
        n_axes = len(distribution.batch_shape)
        if reinterpreted_batch_ndims is None:
            reinterpreted_batch_ndims = max(n_axes - 1, 0)
        if reinterpreted_batch_ndims > n_axes:
            raise ValueError(
                f"reinterpreted_batch_ndims must be at most {n_axes}, the number of axes of the batch of the "
                f"distribution, got {reinterpreted_batch_ndims}"
            )
        self._distribution = distribution
        self._reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def distribution(self) -> Distribution:
        """The distribution."""
        return self._distribution

    @property
    def reinterpreted_batch_ndims(self) -> int:
        """How many axes of its batch belong to the event."""
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

    @property
    def covariance(self) -> Variable:
        """Covariance matrix of the flattened event: blocks along the diagonal."""
        size = math.prod(self.distribution.event_shape)
        n_blocks = math.prod(self.event_shape) // size
        blocks = self.distribution.covariance if self.distribution.event_shape else self.distribution.variance
        blocks = reshape(blocks, (*self.batch_shape, n_blocks, size, 1, size))
        on_diagonal = self.xp.eye(n_blocks, dtype=blocks.dtype)[:, None, :, None]
        blocks = broadcast_to(blocks, (*self.batch_shape, n_blocks, size, n_blocks, size))
        return reshape(blocks * on_diagonal, (*self.batch_shape, n_blocks * size, n_blocks * size))

    def _reduce(self, operation: Callable[..., Variable], x: Variable) -> Variable:
        n_axes = self.reinterpreted_batch_ndims
        return operation(x, axis=tuple(range(-n_axes, 0))) if n_axes else x

    @property
    def entropy(self) -> Variable:
        return self._reduce(sum, self.distribution.entropy)

    def log_prob(self, x: VariableLike) -> Variable:
        return self._reduce(sum, self.distribution.log_prob(x))

    def prob(self, x: VariableLike) -> Variable:
        return self._reduce(prod, self.distribution.prob(x))

    def perplexity(self, x: VariableLike) -> Variable:
        return self._reduce(prod, self.distribution.perplexity(x))

    def cdf(self, x: VariableLike) -> Variable:
        return self._reduce(prod, self.distribution.cdf(x))

    def log_cdf(self, x: VariableLike) -> Variable:
        return self._reduce(sum, self.distribution.log_cdf(x))

    def survival_function(self, x: VariableLike) -> Variable:
        return self._reduce(prod, self.distribution.survival_function(x))

    def log_survival_function(self, x: VariableLike) -> Variable:
        return self._reduce(sum, self.distribution.log_survival_function(x))

    def icdf(self, x: VariableLike) -> Variable:
        """Not to be had: a distribution function of several variables has no inverse.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("the cumulative distribution function of several variables is not invertible")

    def sample_n(self, n: int) -> Variable:
        return self.distribution.sample_n(n)


@register_kl(Independent, Independent)
def _kl_independent_independent(dist1: Independent, dist2: Independent) -> Variable:
    """Divergence of two distributions whose events are cut alike."""
    if dist1.event_shape != dist2.event_shape:
        raise ValueError(f"event shapes must be equal, got {dist1.event_shape} and {dist2.event_shape}")
    return dist1._reduce(sum, kl_divergence(dist1.distribution, dist2.distribution))
