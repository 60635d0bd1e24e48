"""Decorrelated batch normalization."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions._composed import gradients
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.cast import cast
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.functions.normalization._moments import compute_dtype
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import argument, type_check
from chainer.variable import Variable, as_array


def _to_groups(x: Any, groups: int) -> Any:
    """``(B, C, ...)`` as one matrix a group, ``(groups, C / groups, B * ...)``."""
    size = x.shape[1] // groups
    grouped = x.reshape(len(x), groups, size, math.prod(x.shape[2:]))
    return grouped.transpose(1, 2, 0, 3).reshape(groups, size, len(x) * grouped.shape[3])


def _from_groups(y: Any, shape: Shape) -> Any:
    """The inverse of :func:`_to_groups`."""
    return y.reshape(*y.shape[:2], shape[0], math.prod(shape[2:])).transpose(2, 0, 1, 3).reshape(shape)


def _check_x(x_type: Any, groups: int) -> None:
    type_check.expect(x_type.dtype.kind == "f", x_type.ndim >= 2)
    type_check.expect(x_type.shape[1] % groups == 0)


class DecorrelatedBatchNormalization(FunctionNode):
    """Node of :func:`decorrelated_batch_normalization`. Keeps the whitened data in the basis of eigenvectors.

    Attributes:
        running_mean: Running mean of each group, shape ``(groups, C / groups)``.
        running_projection: Running whitening matrices, shape ``(groups, C / groups, C / groups)``.
    """

    def __init__(
        self,
        groups: int = 16,
        eps: float = 2e-5,
        mean: NdArray | None = None,
        projection: NdArray | None = None,
        decay: float = 0.9,
    ) -> None:
        self.groups = groups
        self.eps = float(eps)
        self.running_mean = mean
        self.running_projection = projection
        self.decay = float(decay)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        _check_x(in_types[0], self.groups)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        xp = backend.get_array_module(x)
        centred = _to_groups(x, self.groups).astype(compute_dtype(x))
        mean = centred.mean(axis=2)
        centred -= mean[..., None]
        covariance = xp.matmul(centred, centred.swapaxes(1, 2)) / centred.shape[2]
        covariance += self.eps * xp.eye(centred.shape[1], dtype=centred.dtype)
        self.eigvals, self.eigvectors = xp.linalg.eigh(covariance)
        to_pca = self.eigvectors.swapaxes(1, 2) / xp.sqrt(self.eigvals)[..., None]
        self.y_hat_pca = xp.matmul(to_pca, centred)
        y = xp.matmul(self.eigvectors, self.y_hat_pca)
        projection = xp.matmul(self.eigvectors, to_pca)
        # Published models hold projections scaled so, though unbiased ones would take the inverse root of the factor.
        scale = centred.shape[2] / max(centred.shape[2] - 1, 1)
        for running, of_batch, factor in ((self.running_mean, mean, 1.0), (self.running_projection, projection, scale)):
            if running is not None:
                running *= self.decay
                running += (1 - self.decay) * factor * of_batch
        return (_from_groups(y, x.shape).astype(x.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        grad = DecorrelatedBatchNormalizationGrad(self.groups, self.eigvals, self.eigvectors, self.y_hat_pca)
        return grad.apply(grad_outputs)


class DecorrelatedBatchNormalizationGrad(FunctionNode):
    r"""Gradient of :func:`decorrelated_batch_normalization`.

    With the covariance :math:`U \Lambda U^\top` the output is its inverse square root times the centred input. The
    derivative of a function of a symmetric matrix is, in its eigenbasis, a product with the divided differences of
    the function, which for :math:`\lambda^{-1/2}` are
    :math:`-1 / (\sqrt{\lambda_i \lambda_j} (\sqrt{\lambda_i} + \sqrt{\lambda_j}))`, equal eigenvalues included.

    Args:
        groups: Number of groups.
        eigvals: Eigenvalues of the covariance of each group, ``(groups, C / groups)``.
        eigvectors: Its eigenvectors, ``(groups, C / groups, C / groups)``.
        y_hat_pca: Whitened data in the basis of eigenvectors, ``(groups, C / groups, B * ...)``.
    """

    def __init__(self, groups: int, eigvals: NdArray, eigvectors: NdArray, y_hat_pca: NdArray) -> None:
        self.groups = groups
        self.eigvals = eigvals
        self.eigvectors = eigvectors
        self.y_hat_pca = y_hat_pca

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        root = xp.sqrt(self.eigvals)[..., None]
        root_row = root.swapaxes(1, 2)
        g = xp.matmul(self.eigvectors.swapaxes(1, 2), _to_groups(gy, self.groups).astype(root.dtype, copy=False))
        by_inverse_root = xp.matmul(g, self.y_hat_pca.swapaxes(1, 2)) * root_row
        by_covariance = by_inverse_root + by_inverse_root.swapaxes(1, 2)
        by_covariance /= -(root * root_row * (root + root_row)) * g.shape[2]
        g = g / root + xp.matmul(by_covariance * root_row, self.y_hat_pca)
        g = xp.matmul(self.eigvectors, g)
        g -= g.mean(axis=2, keepdims=True)
        return (_from_groups(g, gy.shape).astype(gy.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        raise NotImplementedError(
            "decorrelated_batch_normalization cannot be differentiated twice, as the derivative of an eigenbasis is "
            "not defined where eigenvalues are equal; use fixed_decorrelated_batch_normalization there"
        )


class FixedDecorrelatedBatchNormalization(FunctionNode):
    """Node of :func:`fixed_decorrelated_batch_normalization`."""

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "mean", "projection"))
        x_type, mean_type, projection_type = in_types
        _check_x(x_type, self.groups)
        size = x_type.shape[1] // self.groups
        type_check.expect(
            mean_type.dtype.kind == "f",
            mean_type.ndim == 2,
            projection_type.dtype == mean_type.dtype,
            projection_type.ndim == 3,
        )
        type_check.expect(
            mean_type.shape[0] == self.groups,
            mean_type.shape[1] == size,
            projection_type.shape[0] == self.groups,
            projection_type.shape[1] == size,
            projection_type.shape[2] == size,
        )

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        x, mean, projection = inputs
        xp = backend.get_array_module(x)
        centred = _to_groups(x, self.groups).astype(compute_dtype(x, mean), copy=False) - mean[..., None]
        y = xp.matmul(projection.astype(centred.dtype, copy=False), centred)
        return (_from_groups(y, x.shape).astype(x.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = (*self.get_retained_inputs(), grad_outputs[0])
        gxs = FixedDecorrelatedBatchNormalizationGrad(self.groups).apply(inputs)
        return tuple([gxs[i] for i in indexes])


class FixedDecorrelatedBatchNormalizationGrad(FunctionNode):
    """Gradients of :func:`fixed_decorrelated_batch_normalization` by its inputs."""

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2, 3))
        x, mean, projection, gy = inputs
        xp = backend.get_array_module(x)
        dtype = compute_dtype(x, mean)
        centred = _to_groups(x, self.groups).astype(dtype, copy=False) - mean[..., None]
        g = _to_groups(gy, self.groups).astype(dtype, copy=False)
        gx = xp.matmul(projection.swapaxes(1, 2).astype(dtype, copy=False), g)
        gprojection = xp.matmul(g, centred.swapaxes(1, 2))
        return (
            _from_groups(gx, x.shape).astype(x.dtype, copy=False),
            -gx.sum(axis=2).astype(mean.dtype, copy=False),
            gprojection.astype(projection.dtype, copy=False),
        )

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(self._formula, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def _formula(self, x: Variable, mean: Variable, projection: Variable, gy: Variable) -> tuple[Variable, ...]:
        dtype = compute_dtype(x.array, mean.array)
        grouped = _to_groups(cast(x, dtype), self.groups)
        centred = grouped - broadcast_to(cast(mean, dtype)[..., None], grouped.shape)
        g = _to_groups(cast(gy, dtype), self.groups)
        gx = matmul(cast(projection, dtype), g, transa=True)
        return (
            cast(_from_groups(gx, x.shape), x.dtype),
            cast(-_sum(gx, 2), mean.dtype),
            cast(matmul(g, centred, transb=True), projection.dtype),
        )


def decorrelated_batch_normalization(x: VariableLike, **kwargs: Any) -> Variable:
    r"""Whitens groups of channels: zero means, and the unit matrix as covariance over the batch.

    The centred input is multiplied with :math:`(\Sigma + \epsilon I)^{-1/2}` of its covariance :math:`\Sigma` (ZCA
    whitening), group by group. Running statistics, if given, are updated in place.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        groups: Number of groups, a divisor of ``C`` (keyword only, 16 by default).
        eps: Added to the eigenvalues of the covariance (2e-5 by default).
        running_mean: Array or variable of shape ``(groups, C / groups)``, updated in place; ``None`` for none.
        running_projection: Likewise, of shape ``(groups, C / groups, C / groups)``.
        decay: How much of the running statistics an update keeps (0.9 by default).

    Returns:
        Variable of the shape and dtype of ``x``. It cannot be differentiated twice.

    Raises:
        chainer.utils.type_check.InvalidType: ``groups`` does not divide the channels, or ``x`` is not of a float dtype.
        TypeError: An unknown keyword argument.

    References:
        Huang, Yang, Lang and Deng, *Decorrelated Batch Normalization*, CVPR 2018, arXiv:1804.08450.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.random.RandomState(0).randn(100, 4).astype(np.float32) @ np.triu(np.ones((4, 4), np.float32))
        >>> y = F.decorrelated_batch_normalization(x, groups=1).array
        >>> bool(abs(y.T @ y / 100 - np.eye(4)).max() < 1e-3)
        True
    """
    groups, eps, running_mean, running_projection, decay = argument.parse_kwargs(
        kwargs,
        ("groups", 16),
        ("eps", 2e-5),
        ("running_mean", None),
        ("running_projection", None),
        ("decay", 0.9),
    )
    node = DecorrelatedBatchNormalization(groups, eps, as_array(running_mean), as_array(running_projection), decay)
    return node.apply((x,))[0]


def fixed_decorrelated_batch_normalization(
    x: VariableLike, mean: VariableLike, projection: VariableLike, groups: int = 16
) -> Variable:
    """Decorrelated batch normalization with given statistics, as for inference.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        mean: Mean of each group. Shape ``(groups, C / groups)``.
        projection: Whitening matrix of each group. Shape ``(groups, C / groups, C / groups)``.
        groups: Number of groups, a divisor of ``C``.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> mean, projection = np.ones((1, 2), np.float32), np.array([[[0, 1], [1, 0]]], np.float32)
        >>> F.fixed_decorrelated_batch_normalization(np.array([[1, 4]], np.float32), mean, projection, groups=1)
        variable([[3., 0.]])
    """
    return FixedDecorrelatedBatchNormalization(groups).apply((x, mean, projection))[0]
