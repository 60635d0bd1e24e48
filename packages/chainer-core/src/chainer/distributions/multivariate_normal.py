"""Multivariate normal distribution."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.distribution import register_kl
from chainer.distributions._parametric import Parametric, parameter
from chainer.distributions.normal import HALF_LOG_2PI
from chainer.function_node import FunctionNode
from chainer.functions.array.diagonal import diagonal
from chainer.functions.array.squeeze import squeeze
from chainer.functions.math._half import by_way_of_float32
from chainer.functions.math.exponential import log
from chainer.functions.math.matmul import matmul
from chainer.functions.math.square import square
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs
from chainer.utils.cache import cached_property
from chainer.variable import Variable


class TriangularInv(FunctionNode):
    """Node of the inverses of triangular matrices; what lies on the other side of the diagonal is not looked at.

    Args:
        lower: Whether they are lower triangular.
    """

    def __init__(self, lower: bool) -> None:
        self.lower = lower

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        (x_type,) = in_types
        type_check.expect(x_type.dtype.kind == "f", x_type.ndim >= 2)
        type_check.expect(x_type.shape[-1] == x_type.shape[-2])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_outputs((0,))
        return (by_way_of_float32(self._inverse, *inputs),)

    def _inverse(self, x: NdArray) -> NdArray:
        xp = backend.get_array_module(x)
        # LAPACK has nothing to eliminate or to pivot in an upper triangular matrix: what remains is back substitution.
        upper = xp.triu(x.swapaxes(-1, -2) if self.lower else x)
        y = xp.triu(xp.linalg.inv(upper))
        return y.swapaxes(-1, -2) if self.lower else y

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        assert gy is not None
        (y,) = self.get_retained_outputs()
        gx = -matmul(matmul(y, gy, transa=True), y, transb=True)
        mask = y.xp.ones(y.shape[-2:], y.dtype)
        return (gx * (y.xp.tril(mask) if self.lower else y.xp.triu(mask)),)


class MultivariateNormal(Parametric):
    r"""Multivariate normal distribution.

    .. math:: p(x) = (2 \pi)^{-d / 2} |V|^{-1/2} e^{-\frac12 (x - \mu)^\top V^{-1} (x - \mu)}, \quad V = L L^\top

    Samples are reparametrised.

    Args:
        loc: Mean :math:`\mu`. Variable or array of a float dtype, of shape ``(..., d)``.
        scale_tril: Lower triangular :math:`L`, by keyword, of shape ``(..., d, d)``.

    Raises:
        ValueError: ``scale_tril`` is not given.

    Example:
        >>> import numpy as np, chainer.distributions as D
        >>> D.MultivariateNormal(np.zeros(2, "f"), scale_tril=np.eye(2, dtype="f")).log_prob(np.ones(2, "f"))
        variable(-2.838)
    """

    loc = parameter("Mean.", event_ndim=1)
    scale_tril = parameter("Lower triangular factor of the covariance.", event_ndim=2)
    _names = ("loc", "scale_tril")
    _support = "real"

    def __init__(self, loc: VariableLike, **kwargs: Any) -> None:
        (scale_tril,) = parse_kwargs(kwargs, ("scale_tril", None))
        if scale_tril is None:
            raise ValueError("scale_tril must be given, the lower triangular factor of the covariance")
        super().__init__(loc=loc, scale_tril=scale_tril)

    @property
    def d(self) -> int:
        """Number of dimensions."""
        return self._given["loc"].shape[-1]

    @property
    def event_shape(self) -> Shape:
        return (self.d,)

    @property
    def mean(self) -> Variable:
        return self.loc

    @property
    def mode(self) -> Variable:
        return self.loc

    @cached_property
    def variance(self) -> Variable:
        return _sum(square(self.scale_tril), axis=-1)

    @cached_property
    def covariance(self) -> Variable:
        return matmul(self.scale_tril, self.scale_tril, transb=True)

    @cached_property
    def _logdet_scale(self) -> Variable:
        return _sum(log(diagonal(self.scale_tril, axis1=-2, axis2=-1)), axis=-1)

    @cached_property
    def _inverse_scale(self) -> Variable:
        return TriangularInv(True).apply((self.scale_tril,))[0]

    @cached_property
    def entropy(self) -> Variable:
        return self._logdet_scale + self.d * (0.5 + HALF_LOG_2PI)

    def _squared_distance(self, x: VariableLike) -> Variable:
        """Squared Mahalanobis distances from the mean."""
        rows = (x - self.loc)[..., numpy.newaxis, :]
        return _sum(square(matmul(rows, self._inverse_scale, transb=True)), axis=(-2, -1))

    def log_prob(self, x: VariableLike) -> Variable:
        return -0.5 * self._squared_distance(x) - self._logdet_scale - self.d * HALF_LOG_2PI

    def sample_n(self, n: int) -> Variable:
        shape = (n, *self.batch_shape, self.d, 1)
        noise = self.xp.random.standard_normal(shape).astype(self._dtype, copy=False)
        return self.loc + squeeze(matmul(self.scale_tril, noise), axis=-1)


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl(dist1: MultivariateNormal, dist2: MultivariateNormal) -> Variable:
    spread = _sum(square(matmul(dist2._inverse_scale, dist1.scale_tril)), axis=(-2, -1))
    distance = dist2._squared_distance(dist1.loc)
    return dist2._logdet_scale - dist1._logdet_scale + 0.5 * (spread + distance - dist1.d)
