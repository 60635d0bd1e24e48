"""Fourier transform of complex numbers, given as two real arrays."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class FFT(FunctionNode):
    """Node of :func:`fft` and :func:`ifft`.

    Args:
        method: ``"fft"`` or ``"ifft"``.
    """

    def __init__(self, method: str) -> None:
        self._method = method

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("real", "imag"))
        real, imag = in_types
        type_check.expect(real.dtype.kind == "f", real.ndim > 0)
        type_check.expect(real.shape == imag.shape, real.dtype == imag.dtype)

    def forward(self, inputs: Arrays) -> Arrays:
        real, imag = inputs
        transform = getattr(backend.get_array_module(real).fft, self._method)
        y = transform(real + imag * 1j)
        return y.real.astype(real.dtype, copy=False), y.imag.astype(real.dtype, copy=False)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gr, gi = grad_outputs
        if gr is None:
            gr = _zeros_like(gi)
        if gi is None:
            gi = _zeros_like(gr)
        # The adjoint of the transform: its inverse, without the scale.
        n = gr.shape[-1]
        inverse, scale = ("ifft", n) if self._method == "fft" else ("fft", 1 / n)
        gxs = FFT(inverse).apply((gr, gi))
        return tuple([gxs[i] * scale for i in indexes])


def _zeros_like(x: Any) -> Variable:
    return Variable(x.xp.zeros_like(x.array), requires_grad=False)


def fft(x: tuple[VariableLike, VariableLike]) -> tuple[Variable, ...]:
    r"""Fourier transform along the last axis, :math:`y_k = \sum_j x_j e^{-2 \pi i j k / n}`.

    Args:
        x: Pair ``(real, imag)`` of variables or arrays of one shape and float dtype.

    Returns:
        Pair of variables, likewise.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> real, imag = F.fft((np.array([1, 0, 1, 0], np.float32), np.zeros(4, np.float32)))
        >>> real
        variable([2., 0., 2., 0.])
    """
    real, imag = x
    return FFT("fft").apply((real, imag))


def ifft(x: tuple[VariableLike, VariableLike]) -> tuple[Variable, ...]:
    r"""Inverse Fourier transform along the last axis, :math:`y_j = \frac{1}{n} \sum_k x_k e^{2 \pi i j k / n}`.

    Args:
        x: Pair ``(real, imag)`` of variables or arrays of one shape and float dtype.

    Returns:
        Pair of variables, likewise.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> real, imag = F.ifft((np.array([2, 0, 2, 0], np.float32), np.zeros(4, np.float32)))
        >>> real
        variable([1., 0., 1., 0.])
    """
    real, imag = x
    return FFT("ifft").apply((real, imag))
