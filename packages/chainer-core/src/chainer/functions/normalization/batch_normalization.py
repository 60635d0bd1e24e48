"""Batch normalization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from chainer import backend
from chainer.backends import kernels, raw
from chainer.function_node import FunctionNode
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.cast import cast
from chainer.functions.math.sum import sum as _sum
from chainer.functions.normalization._moments import chunks, compute_dtype, dot_over, expanded, key_axes, sum_over
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import argument, type_check
from chainer.variable import Variable, as_array

Axis = int | Sequence[int] | None
ImplSelector = Callable[["BatchNormalization", Arrays], "GeneralBatchNormalizationImpl"]

WITHDRAWN = {"train": "train is not an argument any more: use chainer.using_config('train', value)"}
"""Arguments of older versions, as :func:`chainer.utils.argument.parse_kwargs` takes them."""


def normalise_axis(axis: Axis) -> tuple[int, ...] | None:
    """Checks the axes to reduce over.

    Raises:
        TypeError: They are not integers.
        RuntimeError: They are not in ascending order.
    """
    if axis is None:
        return None
    axes = tuple(axis) if isinstance(axis, Sequence) else (axis,)
    if not all(isinstance(a, int | numpy.integer) for a in axes):
        raise TypeError(f"axis must be None, an int or a tuple of ints, got {axis!r}")
    if any(a >= b for a, b in zip(axes, axes[1:])):
        raise RuntimeError(f"numbers in axis must be sorted in ascending order, got {axes}")
    return tuple([int(a) for a in axes])


def check_types(in_types: Any, names: tuple[str, ...], axis: tuple[int, ...] | None) -> None:
    """States what batch normalizations expect: ``x``, and parameters of the shape of its other axes."""
    type_check.argname(in_types, names)
    x_type, gamma_type = in_types[:2]
    type_check.expect(x_type.dtype.kind == "f", gamma_type.dtype.kind == "f")
    for other in in_types[2:]:
        type_check.expect(other.dtype == gamma_type.dtype, other.shape == gamma_type.shape)
    ndim = type_check.eval(x_type.ndim)
    keys = key_axes(ndim, default_axis(ndim, type_check.eval(gamma_type.ndim)) if axis is None else axis)
    type_check.expect(gamma_type.ndim == len(keys))
    for i, key in enumerate(keys):
        type_check.expect(x_type.shape[key] == gamma_type.shape[i])


def default_axis(ndim: int, param_ndim: int) -> tuple[int, ...]:
    """All axes but those that the parameters have, which follow the axis of the batch."""
    return (0, *range(param_ndim + 1, ndim))


class GeneralBatchNormalizationImpl:
    """How :class:`BatchNormalization` computes; a seam for statistics that are gathered elsewhere.

    A subclass may overrule :meth:`get_mean_and_var` and :meth:`get_ggamma_and_gbeta`, to average over several
    processes, for example; the ``impl_selector`` of the node picks it.
    """

    def get_mean_and_var(
        self, axis: tuple[int, ...], gamma: NdArray, x: NdArray, xp: Any, interm_dtype: Any
    ) -> tuple[NdArray, NdArray]:
        """Mean and (biased) variance of ``x`` over ``axis``, in ``interm_dtype``."""
        count = max(x.size // max(gamma.size, 1), 1)
        mean, var = xp.zeros(gamma.shape, interm_dtype), xp.zeros(gamma.shape, interm_dtype)
        for part in chunks(x, axis):
            mean += sum_over(x[part].astype(interm_dtype, copy=False), axis)
        mean /= count
        expanded_mean = _expanded(mean, x, axis)
        for part in chunks(x, axis):
            centred = x[part] - expanded_mean
            var += dot_over(centred, centred, axis)
        var /= count
        return mean, var

    def get_ggamma_and_gbeta(
        self, axis: tuple[int, ...], gamma: NdArray, gy: NdArray, x_hat: NdArray, xp: Any
    ) -> tuple[NdArray, NdArray]:
        """Gradients of ``gamma`` and ``beta``; ``x_hat`` is ``x`` normalized."""
        return dot_over(gy, x_hat, axis), sum_over(gy, axis)

    def forward(
        self, x: NdArray, gamma: NdArray, beta: NdArray, axis: tuple[int, ...], eps: float
    ) -> tuple[NdArray, NdArray, NdArray, NdArray]:
        """Output, mean, variance and the inverse of the standard deviation."""
        xp = backend.get_array_module(x)
        dtype = compute_dtype(x, gamma)
        mean, var = self.get_mean_and_var(axis, gamma, x, xp, dtype)
        inv_std = 1 / xp.sqrt(var + eps)
        return normalised(x, gamma, beta, mean, inv_std, axis), mean, var, inv_std

    def backward(
        self, x: NdArray, gamma: NdArray, gy: NdArray, mean: NdArray, inv_std: NdArray, axis: tuple[int, ...]
    ) -> tuple[NdArray, NdArray, NdArray]:
        """Gradients of ``x``, ``gamma`` and ``beta``."""
        xp = backend.get_array_module(x)
        dtype = compute_dtype(x, gamma)
        count = max(x.size // max(gamma.size, 1), 1)
        x_hat = xp.empty(x.shape, dtype)
        e_mean, e_inv_std = _expanded(mean, x, axis), _expanded(inv_std, x, axis)
        for part in chunks(x, axis):
            xp.subtract(x[part], e_mean, out=x_hat[part])
            x_hat[part] *= e_inv_std
        gy = gy.astype(dtype, copy=False)
        ggamma, gbeta = self.get_ggamma_and_gbeta(axis, gamma, gy, x_hat, xp)
        # gx = gamma * inv_std * (gy - x_hat * ggamma / count - gbeta / count)
        scale = (gamma * inv_std).astype(dtype, copy=False)
        of_x_hat = _expanded(scale * ggamma / -count, x, axis)
        constant = _expanded(scale * gbeta / -count, x, axis)
        scale = _expanded(scale, x, axis)
        for part in chunks(x, axis):
            gx = x_hat[part]
            gx *= of_x_hat
            gx += constant
            gx += scale * gy[part]
        return x_hat.astype(x.dtype, copy=False), ggamma, gbeta


def normalised(
    x: NdArray, gamma: NdArray, beta: NdArray, mean: NdArray, inv_std: NdArray, axis: tuple[int, ...]
) -> NdArray:
    """``gamma * (x - mean) * inv_std + beta`` in the dtype of ``x``."""
    xp = backend.get_array_module(x)
    dtype = compute_dtype(x, gamma)
    y = xp.empty(x.shape, dtype)
    mean, beta = _expanded(mean, x, axis), _expanded(beta, x, axis)
    scale = _expanded((gamma * inv_std).astype(dtype, copy=False), x, axis)
    for part in chunks(x, axis):
        xp.subtract(x[part], mean, out=y[part])
        y[part] *= scale
        y[part] += beta
    return y.astype(x.dtype, copy=False)


def update_running(func: Any, count: int) -> None:
    """Moves the running statistics of a node towards those of its batch, with the unbiased variance.

    Args:
        func: The node, with ``running_mean`` and ``running_var``, either of which may be ``None``.
        count: Number of elements that its statistics are taken over.
    """
    unbias = count / max(count - 1, 1)
    for running, of_batch, factor in ((func.running_mean, func.mean, 1.0), (func.running_var, func.var, unbias)):
        if running is not None:
            running *= func.decay
            running += ((1 - func.decay) * factor * of_batch).reshape(running.shape)


def _expanded(param: NdArray, x: NdArray, axis: tuple[int, ...]) -> NdArray:
    return expanded(param, x.shape, axis)


def _general(func: BatchNormalization, inputs: Arrays) -> GeneralBatchNormalizationImpl:
    return GeneralBatchNormalizationImpl()


class BatchNormalization(FunctionNode):
    """Node of :func:`batch_normalization`. Keeps its input and the statistics.

    The kernel ``batch_norm_forward(x, gamma, beta, axis, eps)`` returns the output, the mean, the biased variance and
    the inverse of the standard deviation.

    Args:
        eps: Added to the variance.
        mean: Running mean to update in place, or ``None``.
        var: Running variance, likewise.
        decay: How much of the running statistics an update keeps.
        axis: Axes to reduce over.
        impl_selector: Chooses the :class:`GeneralBatchNormalizationImpl`.

    Attributes:
        mean, var, inv_std: Mean, biased variance and inverse standard deviation of the batch.
        running_mean, running_var: Running statistics.
        key_axis: Axes that are not reduced.
        expander: Index that makes a parameter broadcast against ``x``.
    """

    takes_raw = True

    mean: NdArray
    var: NdArray
    inv_std: NdArray

    def __init__(
        self,
        eps: float = 2e-5,
        mean: NdArray | None = None,
        var: NdArray | None = None,
        decay: float = 0.9,
        axis: Axis = None,
        impl_selector: ImplSelector = _general,
    ) -> None:
        self.eps = float(eps)  # a NumPy scalar would turn float32 into float64
        self.running_mean = mean
        self.running_var = var
        self.decay = float(decay)
        self.axis = normalise_axis(axis)
        self._impl_selector = impl_selector

    def check_type_forward(self, in_types: Any) -> None:
        check_types(in_types, ("x", "gamma", "beta"), self.axis)

    @property
    def key_axis(self) -> tuple[int, ...] | None:
        return None if self.axis is None else key_axes(len(self.axis) + self.mean.ndim, self.axis)

    @property
    def expander(self) -> tuple[Any, ...] | None:
        if self.axis is None:
            return None
        return tuple([None if i in self.axis else slice(None) for i in range(len(self.axis) + self.mean.ndim)])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gamma, beta = inputs
        if self.axis is None:
            self.axis = default_axis(x.ndim, gamma.ndim)
        self._impl = self._impl_selector(self, inputs)
        kernel = kernels.find("batch_norm_forward", x) if type(self._impl) is GeneralBatchNormalizationImpl else None
        if kernel is None:
            x = raw.plain(x)
        forward = kernel or self._impl.forward
        y, self.mean, self.var, self.inv_std = forward(x, gamma, beta, self.axis, self.eps)
        update_running(self, x.size // max(gamma.size, 1))
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gamma = self.get_retained_inputs()
        (gy,) = grad_outputs
        gradients = self._grad().apply((x, gamma, gy))
        return tuple([gradients[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, gamma = self.get_retained_input_arrays()
        gradients = self._grad().forward((x, gamma, grad_outputs[0]))
        return tuple([gradients[i] for i in indexes])

    def _grad(self) -> BatchNormalizationGrad:
        return BatchNormalizationGrad(
            self.eps, self.expander, self.axis, self.mean, self.var, self.inv_std, self.key_axis, self._impl, None
        )


class BatchNormalizationGrad(FunctionNode):
    """Gradients of :func:`batch_normalization` by its inputs.

    The kernel ``batch_norm_backward(x, gamma, gy, mean, inv_std, axis)`` returns those of ``x``, ``gamma`` and
    ``beta``.

    Args:
        eps, expander, axis, mean, var, inv_std, key_axis: As the attributes of :class:`BatchNormalization`.
        impl: How to compute.
        forward_data: Kept for the published signature.
    """

    def __init__(
        self,
        eps: float,
        expander: Any,
        axis: Any,
        mean: NdArray,
        var: NdArray,
        inv_std: NdArray,
        key_axis: Any,
        impl: GeneralBatchNormalizationImpl,
        forward_data: Any,
    ) -> None:
        self.eps = eps
        self.expander = expander
        self.axis = axis
        self.mean = mean
        self.var = var
        self.inv_std = inv_std
        self.key_axis = key_axis
        self._impl = impl

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        x, gamma, gy = inputs
        kernel = None
        if type(self._impl) is GeneralBatchNormalizationImpl:
            kernel = kernels.find("batch_norm_backward", x, gy)
        if kernel is None:
            x, gy = raw.plain(x), raw.plain(gy)
        backward = kernel or self._impl.backward
        gx, ggamma, gbeta = backward(x, gamma, gy, self.mean, self.inv_std, self.axis)
        return gx, ggamma.astype(gamma.dtype, copy=False), gbeta.astype(gamma.dtype, copy=False)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        # Written with the sums S over the reduced axes, of n elements each, the outputs are
        #   ggamma = S(gy x_hat),  gbeta = S(gy),  gx = gamma s (gy - (x_hat ggamma + gbeta) / n).
        # The statistics are functions of x here, so that this can be differentiated once more.
        x, gamma, gy = self.get_retained_inputs()
        dtype = compute_dtype(x.array, gamma.array)
        x_dtype, gamma_dtype = x.dtype, gamma.dtype
        x, gamma, gy = cast(x, dtype), cast(gamma, dtype), cast(gy, dtype)
        shape, axis = x.shape, self.axis
        n = x.size // max(gamma.size, 1)

        def total(v: Variable) -> Variable:
            return broadcast_to(_sum(v, axis, keepdims=True), shape)

        def full(v: Variable) -> Variable:
            return broadcast_to(expanded(v, shape, axis), shape)

        centred = x - total(x) / n
        s = (total(centred * centred) / n + self.eps) ** -0.5
        x_hat = centred * s
        scale = full(gamma) * s
        ggx, gggamma, ggbeta = [None if g is None else cast(g, dtype) for g in grad_outputs]
        by_x_hat: Any = 0  # what flows into x_hat, gy and, through gx, into gamma * s
        by_gy: Any = 0
        by_scale: Any = None
        if ggx is not None:
            dot = total(ggx * x_hat)
            of_gy = ggx - (x_hat * dot + total(ggx)) / n
            by_gy = scale * of_gy
            by_scale = total(of_gy * gy)
            by_x_hat = scale * (gy * dot + ggx * total(gy * x_hat)) / -n
        if gggamma is not None:
            by_x_hat = by_x_hat + full(gggamma) * gy
            by_gy = by_gy + full(gggamma) * x_hat
        if ggbeta is not None:
            by_gy = by_gy + full(ggbeta)
        gradients: list[Any] = []
        for i in indexes:
            if i == 0:
                gx: Any = None
                if ggx is not None or gggamma is not None:
                    gx = s * (by_x_hat - (total(by_x_hat) + x_hat * total(by_x_hat * x_hat)) / n)
                    if by_scale is not None:
                        gx = gx - full(gamma) * by_scale * s * s * x_hat / n
                    gx = cast(gx, x_dtype)
                gradients.append(gx)
            elif i == 1:
                ggamma = None
                if by_scale is not None:
                    ggamma = cast(_sum(by_scale * s, axis) / n, gamma_dtype)
                gradients.append(ggamma)
            else:
                gradients.append(cast(by_gy, x_dtype))
        return tuple(gradients)


class FixedBatchNormalization(FunctionNode):
    """Node of :func:`fixed_batch_normalization`.

    The kernel ``batch_norm_inference(x, gamma, beta, mean, var, axis, eps)`` returns the output.

    Attributes:
        inv_std, inv_var: Inverse of the standard deviation and of the variance.
    """

    takes_raw = True

    inv_std: NdArray | None = None
    inv_var: NdArray | None = None

    def __init__(self, eps: float = 2e-5, axis: Axis = None) -> None:
        self.eps = float(eps)
        self.axis = normalise_axis(axis)

    def check_type_forward(self, in_types: Any) -> None:
        check_types(in_types, ("x", "gamma", "beta", "mean", "var"), self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 3, 4))
        x, gamma, beta, mean, var = inputs
        if self.axis is None:
            self.axis = default_axis(x.ndim, gamma.ndim)
        kernel = kernels.find("batch_norm_inference", x)
        if kernel is not None:
            return (kernel(x, gamma, beta, mean, var, self.axis, self.eps),)
        self.inv_var, self.inv_std = _inverses(compute_dtype(x, var), var, self.eps)
        return (normalised(x, gamma, beta, mean, self.inv_std, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gamma, mean, var = self.get_retained_inputs()
        (gy,) = grad_outputs
        gradients = self._grad(x.ndim).apply((x, gamma, mean, var, gy))
        return tuple([gradients[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, gamma, mean, var = self.get_retained_input_arrays()
        gradients = self._grad(x.ndim).forward((x, gamma, mean, var, grad_outputs[0]))
        return tuple([gradients[i] for i in indexes])

    def _grad(self, ndim: int) -> FixedBatchNormalizationGrad:
        expander = tuple([None if i in self.axis else slice(None) for i in range(ndim)])  # type: ignore[operator]
        return FixedBatchNormalizationGrad(self.eps, expander, self.axis, self.inv_std, self.inv_var)


def _inverses(dtype: Any, var: NdArray, eps: float) -> tuple[NdArray, NdArray]:
    inv_var = 1 / (var.astype(dtype, copy=False) + eps)
    return inv_var, backend.get_array_module(var).sqrt(inv_var)


class FixedBatchNormalizationGrad(FunctionNode):
    """Gradients of :func:`fixed_batch_normalization` by its inputs.

    The kernel ``batch_norm_inference_backward(x, gamma, gy, mean, var, axis, eps)`` returns those of ``x``, ``gamma``
    and ``beta``, or ``None`` to leave it to the plain body.

    Args:
        eps, axis, inv_std, inv_var: As the attributes of :class:`FixedBatchNormalization`.
        expander: Index that makes a parameter broadcast against ``x``.
    """

    def __init__(self, eps: float, expander: Any, axis: Any, inv_std: NdArray | None, inv_var: NdArray | None) -> None:
        self.eps = eps
        self.expander = expander
        self.axis = axis
        self.inv_std = inv_std
        self.inv_var = inv_var

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2, 3, 4))
        x, gamma, mean, var, gy = inputs
        dtype = compute_dtype(x, gamma)
        if self.inv_std is None:
            self.inv_var, self.inv_std = _inverses(dtype, var, self.eps)
        scale = (gamma * self.inv_std).astype(dtype, copy=False)
        kernel = kernels.find("batch_norm_inference_backward", x, gy)
        if kernel is not None and (served := kernel(x, gamma, gy, mean, var, self.axis, self.eps)) is not None:
            gx, ggamma, gbeta = served
        else:
            x, gy = raw.plain(x), raw.plain(gy)
            x_hat = x - _expanded(mean.astype(dtype, copy=False), x, self.axis)
            x_hat *= _expanded(self.inv_std, x, self.axis)
            gy = gy.astype(dtype, copy=False)
            ggamma, gbeta = dot_over(gy, x_hat, self.axis), sum_over(gy, self.axis)
            gx = gy * _expanded(scale, x, self.axis)
        gmean = -scale * gbeta
        gvar = -0.5 * scale * self.inv_std * ggamma
        if gx.dtype != x.dtype:
            gx = gx.astype(x.dtype)
        return gx, *[g.astype(gamma.dtype) for g in (ggamma, gbeta, gmean, gvar)]

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        # With s = (var + eps)^(-1/2), x_hat = (x - mean) s and sums S over the reduced axes, the outputs are
        #   gx = gamma s gy,  ggamma = S(gy x_hat),  gbeta = S(gy),  gmean = -gamma s gbeta,
        #   gvar = -gamma s^2 ggamma / 2.
        x, gamma, mean, var, gy = self.get_retained_inputs()
        dtypes = [v.dtype for v in (x, gamma, mean, var, gy)]
        dtype = compute_dtype(x.array, gamma.array)
        x, gamma, mean, var, gy = [cast(v, dtype) for v in (x, gamma, mean, var, gy)]
        shape, axis = x.shape, self.axis

        def full(v: Variable) -> Variable:
            return broadcast_to(expanded(v, shape, axis), shape)

        zero = Variable(backend.get_array_module(gamma.array).zeros(gamma.shape, dtype), requires_grad=False)
        ggx, gggamma, ggbeta, ggmean, ggvar = [None if g is None else cast(g, dtype) for g in grad_outputs]
        gggamma, ggbeta, ggmean, ggvar = [zero if g is None else g for g in (gggamma, ggbeta, ggmean, ggvar)]
        s = (var + self.eps) ** -0.5
        x_hat = (x - full(mean)) * full(s)
        ggamma, gbeta = _sum(gy * x_hat, axis), _sum(gy, axis)
        dot = zero if ggx is None else _sum(gy * ggx, axis)
        # gmean and gvar are made of gbeta and ggamma, so what flows into them flows on into those.
        by_ggamma = gggamma - 0.5 * ggvar * gamma * s * s
        by_gbeta = ggbeta - ggmean * gamma * s
        makers: tuple[Callable[[], Variable], ...] = (
            lambda: full(by_ggamma * s) * gy,
            lambda: s * (dot - ggmean * gbeta - 0.5 * ggvar * s * ggamma),
            lambda: -s * by_ggamma * gbeta,
            lambda: -0.5 * s**3 * (gamma * (dot - ggmean * gbeta - ggvar * s * ggamma) + by_ggamma * ggamma / s),
            lambda: full(by_ggamma) * x_hat + full(by_gbeta) + (0 if ggx is None else full(gamma * s) * ggx),
        )
        return tuple([cast(makers[i](), dtypes[i]) for i in indexes])


def batch_normalization(x: VariableLike, gamma: VariableLike, beta: VariableLike, **kwargs: Any) -> Variable:
    r"""Normalizes each channel by its mean and variance over the batch.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Mean and variance are taken over all axes but those that ``gamma`` and ``beta`` have. Running statistics, if
    given, are updated in place, the variance with its unbiased estimate.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        gamma: Scale. Shape ``(C,)``, or that of the axes not in ``axis``.
        beta: Shift, of the shape and dtype of ``gamma``.
        eps: Added to the variance (keyword only, 2e-5 by default).
        running_mean: Array or variable of the shape of ``gamma``, updated in place; ``None`` for none.
        running_var: Likewise.
        decay: How much of the running statistics an update keeps (0.9 by default).
        axis: Axes to reduce over, in ascending order. By default the first and those behind the axes of ``gamma``.

    Returns:
        Variable of the shape and dtype of ``x``. Statistics are computed in float32 at least.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        TypeError: An unknown keyword argument, or ``axis`` is not made of integers.
        RuntimeError: ``axis`` is not sorted.

    References:
        Ioffe and Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
        Shift*, ICML 2015, arXiv:1502.03167.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 10], [3, 30]], np.float32)
        >>> F.batch_normalization(x, np.ones(2, np.float32), np.zeros(2, np.float32)).array.round(3)
        array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
    """
    eps, running_mean, running_var, decay, axis = argument.parse_kwargs(
        kwargs,
        ("eps", 2e-5),
        ("running_mean", None),
        ("running_var", None),
        ("decay", 0.9),
        ("axis", None),
        **WITHDRAWN,
    )
    node = BatchNormalization(eps, as_array(running_mean), as_array(running_var), decay, axis)
    return node.apply((x, gamma, beta))[0]


def fixed_batch_normalization(
    x: VariableLike,
    gamma: VariableLike,
    beta: VariableLike,
    mean: VariableLike,
    var: VariableLike,
    eps: float = 2e-5,
    axis: Axis = None,
) -> Variable:
    """Batch normalization with given statistics, as for inference.

    Args:
        x: Batch. Shape ``(B, C, ...)``.
        gamma: Scale. Shape ``(C,)``, or that of the axes not in ``axis``.
        beta: Shift, of the shape and dtype of ``gamma``.
        mean: Mean, likewise.
        var: Variance, likewise.
        eps: Added to the variance.
        axis: As for :func:`batch_normalization`.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes do not fit, or a dtype is not a float one.
        TypeError: ``axis`` is not made of integers.
        RuntimeError: ``axis`` is not sorted.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
        >>> F.fixed_batch_normalization(np.array([[3]], np.float32), one, zero, mean=one, var=4 * one, eps=0)
        variable([[1.]])
    """
    return FixedBatchNormalization(eps, axis).apply((x, gamma, beta, mean, var))[0]
