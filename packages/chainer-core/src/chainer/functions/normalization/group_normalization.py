"""Group normalization."""

from __future__ import annotations

import math
from typing import Any

import numpy

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions._composed import gradients
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.cast import cast
from chainer.functions.math.sum import sum as _sum
from chainer.functions.normalization._moments import compute_dtype, dot_over, sum_over
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class GroupNormalization(FunctionNode):
    """Node of :func:`group_normalization`. Keeps its input, ``gamma`` and the statistics.

    The kernel ``group_norm(x, gamma, beta, groups, eps)`` returns the output, the means and the inverse standard
    deviations, or ``None`` to leave it to the plain body; so does ``layer_norm`` for its node, which is this one with
    one group.

    Attributes:
        groups, eps: As given.
        mean, inv_std: Statistics of each group of each element of the batch. Shape ``(B * groups,)``.
    """

    mean: NdArray
    inv_std: NdArray
    _kernel = "group_norm"

    def __init__(self, groups: int, eps: float = 1e-5) -> None:
        if not isinstance(groups, int | numpy.integer):
            raise TypeError(f"groups must be an int, got {type(groups).__name__}")
        self.groups = int(groups)
        self.eps = float(eps)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "gamma", "beta"))
        x_type, gamma_type, beta_type = in_types
        type_check.expect(
            x_type.dtype.kind == "f",
            x_type.ndim >= 2,
            gamma_type.dtype.kind == "f",
            gamma_type.ndim == 1,
            beta_type.dtype == gamma_type.dtype,
            beta_type.shape == gamma_type.shape,
        )
        type_check.expect(x_type.shape[1] == gamma_type.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gamma, beta = inputs
        n_channels = x.shape[1]
        if self.groups <= 0 or n_channels % self.groups:
            raise ValueError(f"groups must divide the number of channels, {n_channels}, got {self.groups}")
        kernel = kernels.find(self._kernel, x)
        if kernel is not None and (served := kernel(x, gamma, beta, self.groups, self.eps)) is not None:
            y, self.mean, self.inv_std = served
            return (y,)
        xp = backend.get_array_module(x)
        rows = x.reshape(len(x) * self.groups, math.prod(x.shape[1:]) // self.groups)
        rows = rows.astype(compute_dtype(x, gamma), copy=False)
        length = max(rows.shape[1], 1)
        self.mean = sum_over(rows, (1,)) / length
        centred = rows - self.mean[:, None]
        self.inv_std = 1 / xp.sqrt(dot_over(centred, centred, (1,)) / length + self.eps)
        centred *= self.inv_std[:, None]
        y = centred.reshape(len(x), n_channels, math.prod(x.shape[2:]))
        y *= gamma[:, None]
        y += beta[:, None]
        return (y.reshape(x.shape).astype(x.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gamma = self.get_retained_inputs()
        gxs = _GroupNormalizationGrad(self).apply((x, gamma, grad_outputs[0]))
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, gamma = self.get_retained_input_arrays()
        gxs = _GroupNormalizationGrad(self).forward((x, gamma, grad_outputs[0]))
        return tuple([gxs[i] for i in indexes])


class _GroupNormalizationGrad(FunctionNode):
    """Gradients of :func:`group_normalization`.

    The kernel ``group_norm_backward(x, gamma, gy, mean, inv_std, groups)`` returns those of ``x``, ``gamma`` and
    ``beta``, or ``None``; likewise ``layer_norm_backward``.
    """

    def __init__(self, func: GroupNormalization) -> None:
        self.groups = func.groups
        self.eps = func.eps
        self.mean = func.mean
        self.inv_std = func.inv_std
        self._kernel = func._kernel + "_backward"

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        x, gamma, gy = inputs
        kernel = kernels.find(self._kernel, x)
        if kernel is not None:
            served = kernel(x, gamma, gy, self.mean, self.inv_std, self.groups)
            if served is not None:
                return tuple(served)
        dtype = compute_dtype(x, gamma)
        batch, groups, n_channels = len(x), self.groups, x.shape[1]
        per_row = (batch * groups, math.prod(x.shape[1:]) // groups)
        per_channel = (batch, n_channels, math.prod(x.shape[2:]))
        rows = x.reshape(per_row) - self.mean[:, None]
        rows *= self.inv_std[:, None]
        x_hat = rows.reshape(per_channel)
        gy = gy.reshape(per_channel).astype(dtype, copy=False)
        # Everything is made of two sums over the pixels of each channel.
        if per_channel[2] == 1:
            gbetas, ggammas = gy[..., 0], (gy * x_hat)[..., 0]
        else:
            gbetas, ggammas = sum_over(gy, (2,)), dot_over(gy, x_hat, (2,))
        scale = -self.inv_std[:, None] / max(per_row[1], 1)
        shape = (batch * groups, n_channels // groups)
        of_one = (gbetas * gamma).reshape(shape).sum(axis=1, keepdims=True) * scale
        of_x_hat = (ggammas * gamma).reshape(shape).sum(axis=1, keepdims=True) * scale
        # gx = inv_std * (gamma * gy - x_hat * mean(gamma * gy * x_hat) - mean(gamma * gy))
        rows *= of_x_hat
        rows += of_one
        g = gy * gamma[:, None]
        g_rows = g.reshape(per_row)
        g_rows *= self.inv_std[:, None]
        rows += g_rows
        return (
            rows.reshape(x.shape).astype(x.dtype, copy=False),
            ggammas.sum(axis=0).astype(gamma.dtype, copy=False),
            gbetas.sum(axis=0).astype(gamma.dtype, copy=False),
        )

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(self._formula, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def _formula(self, x: Variable, gamma: Variable, gy: Variable) -> tuple[Variable, ...]:
        dtype = compute_dtype(x.array, gamma.array)
        per_row = (len(x) * self.groups, math.prod(x.shape[1:]) // self.groups)
        per_channel = (len(x), x.shape[1], math.prod(x.shape[2:]))

        def mean(v: Variable) -> Variable:
            return broadcast_to(_sum(v, 1, keepdims=True), per_row) / per_row[1]

        rows = cast(x, dtype).reshape(per_row)
        rows = rows - mean(rows)
        inv_std = (mean(rows * rows) + self.eps) ** -0.5
        x_hat = rows * inv_std
        gys = cast(gy, dtype).reshape(per_channel)
        g = (gys * broadcast_to(cast(gamma, dtype)[:, None], per_channel)).reshape(per_row)
        gx = inv_std * (g - x_hat * mean(g * x_hat) - mean(g))
        ggamma = _sum(gys * x_hat.reshape(per_channel), (0, 2))
        return cast(gx.reshape(x.shape), x.dtype), cast(ggamma, gamma.dtype), cast(_sum(gys, (0, 2)), gamma.dtype)


def group_normalization(
    x: VariableLike, groups: int, gamma: VariableLike, beta: VariableLike, eps: float = 1e-5
) -> Variable:
    r"""Normalizes each group of channels of each element of a batch by its own mean and variance.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        groups: Number of groups, a divisor of ``C``.
        gamma: Scale of each channel. Shape ``(C,)``.
        beta: Shift, of the shape and dtype of ``gamma``.
        eps: Added to the variance.

    Returns:
        Variable of the shape and dtype of ``x``. Statistics are computed in float32 at least.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        TypeError: ``groups`` is not an int.
        ValueError: ``groups`` does not divide the number of channels.

    References:
        Wu and He, *Group Normalization*, ECCV 2018, arXiv:1803.08494.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 3, 10, 30]], np.float32)
        >>> F.group_normalization(x, 2, np.ones(4, np.float32), np.zeros(4, np.float32)).array.round(3)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """
    return GroupNormalization(groups, eps).apply((x, gamma, beta))[0]
