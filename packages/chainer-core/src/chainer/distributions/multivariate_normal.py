"""Multivariate normal distribution."""

from __future__ import annotations

import math

from chainer import backend
from chainer.distribution import Distribution, as_samples, register_kl
from chainer.function_node import FunctionNode
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.diagonal import diagonal
from chainer.functions.array.expand_dims import expand_dims
from chainer.functions.array.squeeze import squeeze
from chainer.functions.array.swapaxes import swapaxes
from chainer.functions.math.basic_math import absolute
from chainer.functions.math.exponential import log
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.variable import Variable, as_variable


class TriangularInv(FunctionNode):
    """Node of the inverse of triangular matrices.

    Args:
        lower: Whether they are lower triangular; else upper.
    """

    def __init__(self, lower: bool) -> None:
        self._lower = lower

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_outputs((0,))
        (x,) = inputs
        xp = backend.get_array_module(x)
        inverse = xp.linalg.inv(self._triangle(x)).astype(x.dtype, copy=False)
        return (self._triangle(inverse),)

    def _triangle(self, x: NdArray) -> NdArray:
        xp = backend.get_array_module(x)
        return xp.tril(x) if self._lower else xp.triu(x)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (inverse,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        transposed = swapaxes(inverse, -1, -2)
        gx = -matmul(matmul(transposed, gy), transposed)
        mask = self._triangle(backend.get_array_module(gx.array).ones_like(gx.array))
        return (gx * mask,)


def _triangular_inv(x: VariableLike, lower: bool = True) -> Variable:
    return TriangularInv(lower).apply((x,))[0]


def _log_determinant(x: Variable) -> Variable:
    return sum(log(absolute(diagonal(x, axis1=-2, axis2=-1))), axis=-1)


class MultivariateNormal(Distribution):
    r"""Normal distribution of vectors.

    Args:
        loc: Mean :math:`\mu`. Shape ``(..., d)``.
        scale_tril: Lower triangular :math:`L` of the covariance :math:`L L^\top`. Shape ``(..., d, d)``.

    Raises:
        ValueError: ``scale_tril`` is not given.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> d = D.MultivariateNormal(np.zeros(2, np.float32), scale_tril=np.eye(2, dtype=np.float32))
        >>> d.log_prob(np.zeros(2, np.float32))
        variable(-1.837877)
    """

    def __init__(self, loc: VariableLike, *, scale_tril: VariableLike | None = None) -> None:
        if scale_tril is None:
            raise ValueError("scale_tril must be given")
        self._loc = as_variable(loc)
        self._scale_tril = as_variable(scale_tril)

    @property
    def loc(self) -> Variable:
        """Mean."""
        return self._loc

    @property
    def scale_tril(self) -> Variable:
        """Lower triangular factor of the covariance."""
        return self._scale_tril

    @property
    def d(self) -> int:
        """Length of the vectors."""
        return self.scale_tril.shape[-1]

    @property
    def batch_shape(self) -> Shape:
        return self.loc.shape[:-1]

    @property
    def event_shape(self) -> Shape:
        return self.loc.shape[-1:]

    @property
    def params(self) -> dict[str, Variable]:
        return {"loc": self.loc, "scale_tril": self.scale_tril}

    @property
    def support(self) -> str:
        return "real"

    @property
    def mean(self) -> Variable:
        return self.loc

    @property
    def covariance(self) -> Variable:
        return matmul(self.scale_tril, swapaxes(self.scale_tril, -1, -2))

    @property
    def variance(self) -> Variable:
        return sum(self.scale_tril**2, axis=-1)

    @property
    def entropy(self) -> Variable:
        return _log_determinant(self.scale_tril) + 0.5 * self.d * math.log(2 * math.pi * math.e)

    def log_prob(self, x: VariableLike) -> Variable:
        difference = expand_dims(as_variable(x) - self.loc, axis=-1)
        inverse = _triangular_inv(self.scale_tril)
        inverse = broadcast_to(inverse, (*difference.shape[:-2], self.d, self.d))
        z = squeeze(matmul(inverse, difference), axis=-1)
        return -0.5 * self.d * math.log(2 * math.pi) - _log_determinant(self.scale_tril) - 0.5 * sum(z**2, axis=-1)

    def sample_n(self, n: int) -> Variable:
        noise = self.xp.random.standard_normal((n, *self.loc.shape, 1))
        scale = broadcast_to(self.scale_tril, (n, *self.scale_tril.shape))
        return self.loc + squeeze(matmul(scale, as_samples(noise, self.loc)), axis=-1)


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariate_normal_multivariate_normal(dist1: MultivariateNormal, dist2: MultivariateNormal) -> Variable:
    inverse = _triangular_inv(dist2.scale_tril)
    z = squeeze(matmul(inverse, expand_dims(dist1.loc - dist2.loc, axis=-1)), axis=-1)
    trace = sum(matmul(inverse, dist1.scale_tril) ** 2, axis=(-2, -1))
    log_ratio = _log_determinant(dist2.scale_tril) - _log_determinant(dist1.scale_tril)
    return log_ratio + 0.5 * (trace + sum(z**2, axis=-1) - dist1.d)
