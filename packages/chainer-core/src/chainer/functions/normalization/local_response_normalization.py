"""Local response normalization."""

from __future__ import annotations

from typing import Any

from chainer.backends import kernels, raw
from chainer.function_node import FunctionNode
from chainer.functions._composed import gradients
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _sum_channels(x: NdArray, reach: int) -> NdArray:
    """Sums over the ``reach`` channels on both sides of each channel, and itself."""
    y = x.copy()
    for i in range(1, min(reach, x.shape[1] - 1) + 1):
        y[:, i:] += x[:, :-i]
        y[:, :-i] += x[:, i:]
    return y


class _ChannelSum(FunctionNode):
    """Sum over neighbouring channels; its own transpose, so its own gradient too."""

    def __init__(self, reach: int) -> None:
        self._reach = reach

    def forward(self, inputs: Arrays) -> Arrays:
        return (_sum_channels(inputs[0], self._reach),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return _ChannelSum(self._reach).apply(grad_outputs)


class LocalResponseNormalization(FunctionNode):
    """Node of :func:`local_response_normalization`. Keeps its input, its output and the denominators.

    The kernel ``lrn_forward(x, n, k, alpha, beta)`` returns the output and ``unit_scale``, or ``None`` to leave it to
    the plain body.

    Attributes:
        n, k, alpha, beta: As given.
        unit_scale: Base of the denominator, ``k + alpha * sum(x**2)``.
    """

    takes_raw = True

    _unit_scale: NdArray

    @property
    def unit_scale(self) -> NdArray:
        return raw.plain(self._unit_scale)

    def __init__(self, n: int = 5, k: float = 2, alpha: float = 1e-4, beta: float = 0.75) -> None:
        self.n = n
        # Python's numbers leave the dtype of the arrays they meet as it is.
        self.k = float(k)
        self.alpha = float(alpha)
        self.beta = float(beta)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim >= 2)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        (x,) = inputs
        kernel = kernels.find("lrn_forward", x)
        if kernel is not None and (served := kernel(x, self.n, self.k, self.alpha, self.beta)) is not None:
            y, self._unit_scale = served
            return (y,)
        x = raw.plain(x)
        unit_scale = _sum_channels(x * x, self.n // 2)
        unit_scale *= self.alpha
        unit_scale += self.k
        self._unit_scale = unit_scale
        y = unit_scale**-self.beta
        y *= x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        return self._grad(self.unit_scale).apply((x, y, grad_outputs[0]))[:1]

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (x,) = self.get_retained_input_arrays()
        (y,) = self.get_retained_output_arrays()
        return self._grad(self._unit_scale).forward((x, y, grad_outputs[0]))

    def _grad(self, unit_scale: NdArray) -> LocalResponseNormalizationGrad:
        return LocalResponseNormalizationGrad(self.n, self.k, self.alpha, self.beta, unit_scale=unit_scale)


class LocalResponseNormalizationGrad(FunctionNode):
    """Gradient of :func:`local_response_normalization`, of its input, output and the output's gradient.

    The kernel ``lrn_backward(x, y, gy, unit_scale, n, k, alpha, beta)`` returns it, or ``None``.

    Args:
        n, k, alpha, beta, unit_scale: As the attributes of :class:`LocalResponseNormalization`.
        use_ideep, scale, indexes: Kept for the published signature.
    """

    def __init__(
        self,
        n: int,
        k: float,
        alpha: float,
        beta: float,
        use_ideep: bool = False,
        scale: Any = None,
        indexes: Any = None,
        unit_scale: Any = None,
    ) -> None:
        self.n = n
        self.k = float(k)
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.unit_scale = unit_scale

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        x, y, gy = inputs
        kernel = kernels.find("lrn_backward", x, gy, y)
        if kernel is not None:
            gx = kernel(x, y, gy, self.unit_scale, self.n, self.k, self.alpha, self.beta)
            if gx is not None:
                return (gx,)
        x, y, gy, unit_scale = [raw.plain(a) for a in (x, y, gy, self.unit_scale)]
        shared = gy * y
        shared /= unit_scale
        shared = _sum_channels(shared, self.n // 2)
        shared *= x
        shared *= 2 * self.alpha * self.beta
        gx = unit_scale**-self.beta
        gx *= gy
        gx -= shared
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(self._formula, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def _formula(self, x: Variable, y: Variable, gy: Variable) -> tuple[Variable, ...]:
        reach = self.n // 2
        unit_scale = self.k + self.alpha * _ChannelSum(reach).apply((x * x,))[0]
        (shared,) = _ChannelSum(reach).apply((gy * y / unit_scale,))
        return (gy * unit_scale**-self.beta - 2 * self.alpha * self.beta * x * shared,)


def local_response_normalization(
    x: VariableLike, n: int = 5, k: float = 2, alpha: float = 1e-4, beta: float = 0.75
) -> Variable:
    r"""Normalizes across neighbouring channels.

    .. math:: y_i = \frac{x_i}{\left(k + \alpha \sum_{|j - i| \le n / 2} x_j^2\right)^\beta}

    Args:
        x: Batch of a float dtype. Shape ``(B, C, ...)``.
        n: Width of the window of channels.
        k: Offset of the denominator.
        alpha: Factor of the squares.
        beta: Exponent of the denominator.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` has no axis of channels, or is not of a float dtype.

    References:
        Krizhevsky, Sutskever and Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, NIPS
        2012, section 3.3.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.local_response_normalization(np.ones((1, 2), np.float32), n=3, k=1, alpha=1.5, beta=0.5)
        variable([[0.5, 0.5]])
    """
    return LocalResponseNormalization(n, k, alpha, beta).apply((x,))[0]
