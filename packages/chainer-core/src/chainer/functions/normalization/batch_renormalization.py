"""Batch renormalization."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.normalization._moments import compute_dtype
from chainer.functions.normalization.batch_normalization import (
    BatchNormalizationGrad,
    GeneralBatchNormalizationImpl,
    check_types,
    default_axis,
    fixed_batch_normalization,
    normalised,
    update_running,
)
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.variable import Variable, as_array


class BatchRenormalizationFunction(FunctionNode):
    """Node of :func:`batch_renormalization`.

    It is batch normalization whose ``gamma`` and ``beta`` are corrected by two constants of the batch, so its
    gradients are those of batch normalization.

    Attributes:
        running_mean, running_var: Running statistics.
        r, d: Corrections of scale and shift.
    """

    r: NdArray
    d: NdArray

    def __init__(
        self,
        eps: float = 2e-5,
        mean: NdArray | None = None,
        var: NdArray | None = None,
        decay: float = 0.9,
        rmax: float = 1,
        dmax: float = 0,
        update_statistics: bool = True,
    ) -> None:
        if mean is None or var is None:
            missing = "running_mean" if mean is None else "running_var"
            raise TypeError(f"{missing} is required: it is what the statistics of the batch are corrected towards")
        self.running_mean = mean
        self.running_var = var
        self.eps = float(eps)
        self.decay = float(decay)
        self.rmax = float(rmax)
        self.dmax = float(dmax)
        self.update_statistics = update_statistics

    def check_type_forward(self, in_types: Any) -> None:
        check_types(in_types, ("x", "gamma", "beta"), None)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gamma, beta = inputs
        xp = backend.get_array_module(x)
        self.axis = default_axis(x.ndim, gamma.ndim)
        dtype = compute_dtype(x, gamma)
        self._impl = GeneralBatchNormalizationImpl()
        self.mean, self.var = self._impl.get_mean_and_var(self.axis, gamma, x, xp, dtype)
        self.inv_std = 1 / xp.sqrt(self.var + self.eps)
        running_mean = self.running_mean.reshape(gamma.shape).astype(dtype, copy=False)
        running_std = xp.sqrt(self.running_var.reshape(gamma.shape).astype(dtype, copy=False) + self.eps)
        self.r = xp.clip(1 / (self.inv_std * running_std), 1 / self.rmax, self.rmax)
        self.d = xp.clip((self.mean - running_mean) / running_std, -self.dmax, self.dmax)
        if self.update_statistics:
            update_running(self, x.size // max(gamma.size, 1))
        return (normalised(x, gamma * self.r, gamma * self.d + beta, self.mean, self.inv_std, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gamma = self.get_retained_inputs()
        r, d = self.r.astype(gamma.dtype, copy=False), self.d.astype(gamma.dtype, copy=False)
        grad = BatchNormalizationGrad(
            self.eps, None, self.axis, self.mean, self.var, self.inv_std, None, self._impl, None
        )
        gx, by_scale, gbeta = grad.apply((x, gamma * r, grad_outputs[0]))
        return tuple([gx if i == 0 else by_scale * r + gbeta * d if i == 1 else gbeta for i in indexes])


def batch_renormalization(
    x: VariableLike,
    gamma: VariableLike,
    beta: VariableLike,
    rmax: float,
    dmax: float,
    eps: float = 2e-5,
    running_mean: VariableLike | None = None,
    running_var: VariableLike | None = None,
    decay: float = 0.9,
    update_statistics: bool = False,
) -> Variable:
    r"""Batch normalization, corrected towards the running statistics.

    .. math:: y = \gamma \left(\frac{x - \mu}{\sigma} r + d\right) + \beta, \quad
        r = \mathrm{clip}_{[1 / r_{\max}, r_{\max}]} \frac{\sigma}{\sigma_{\mathrm{run}}}, \quad
        d = \mathrm{clip}_{[-d_{\max}, d_{\max}]} \frac{\mu - \mu_{\mathrm{run}}}{\sigma_{\mathrm{run}}}

    where no gradient flows through :math:`r` and :math:`d`.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        gamma: Scale. Shape ``(C,)``.
        beta: Shift, of the shape and dtype of ``gamma``.
        rmax: Largest correction of the scale, at least 1.
        dmax: Largest correction of the shift.
        eps: Added to variances.
        running_mean: Running mean. It is required.
        running_var: Running variance. It is required.
        decay: How much of the running statistics an update keeps.
        update_statistics: Whether to update them, in place.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        TypeError: A running statistic is missing.
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.

    References:
        Ioffe, *Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models*, NIPS 2017,
        arXiv:1702.03275.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        >>> x = np.array([[0], [4]], np.float32)
        >>> F.batch_renormalization(x, one, zero, 3, 5, running_mean=zero, running_var=one).array.round(2)
        array([[0.],
               [4.]], dtype=float32)
    """
    node = BatchRenormalizationFunction(
        eps, as_array(running_mean), as_array(running_var), decay, rmax, dmax, update_statistics
    )
    return node.apply((x, gamma, beta))[0]


def fixed_batch_renormalization(
    x: VariableLike,
    gamma: VariableLike,
    beta: VariableLike,
    mean: VariableLike,
    var: VariableLike,
    eps: float = 2e-5,
) -> Variable:
    """Batch renormalization with given statistics: :func:`fixed_batch_normalization`, for inference.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        gamma: Scale. Shape ``(C,)``.
        beta: Shift, of the shape and dtype of ``gamma``.
        mean: Mean, likewise.
        var: Variance, likewise.
        eps: Added to the variance.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        >>> F.fixed_batch_renormalization(np.array([[3]], np.float32), one, zero, mean=one, var=4 * one, eps=0)
        variable([[1.]])
    """
    return fixed_batch_normalization(x, gamma, beta, mean, var, eps)
