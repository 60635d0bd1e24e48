"""Rectified linear unit that leaks."""

from __future__ import annotations

from chainer import backend
from chainer.functions.activation._eltwise import eltwise
from chainer.functions.activation._piecewise_linear import PiecewiseLinear, Slope, negative_slope
from chainer.types import Arrays, NdArray, VariableLike
from chainer.variable import Variable


class LeakyReLU(PiecewiseLinear):
    """Node of :func:`leaky_relu`."""

    def __init__(self, slope: float = 0.2) -> None:
        self.negative_slope = float(slope)
        if slope > 0:
            self.kernel = ("leaky_relu", self.negative_slope)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        # With a positive slope the output has the sign of the input, which need not be kept then.
        if self.negative_slope > 0:
            self.retain_outputs((0,))
        else:
            self.retain_inputs((0,))
        if self.kernel is not None and (served := eltwise(x, *self.kernel)) is not None:
            return (served,)
        xp = backend.get_array_module(x)
        y = x * self.negative_slope
        if self.negative_slope <= 1:
            return (xp.maximum(x, y),)
        return (xp.minimum(x, y),)

    def gradient(self, retained: NdArray) -> Slope:
        return Slope(negative_slope(retained < 0, self.negative_slope, retained.dtype))


def leaky_relu(x: VariableLike, slope: float = 0.2) -> Variable:
    r"""Rectified linear unit that leaks: :math:`x` for :math:`x \ge 0`, else :math:`\mathrm{slope} \cdot x`.

    Args:
        x: Variable or array of a float dtype, of any shape.
        slope: Slope for negative values.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    References:
        Maas et al., *Rectifier Nonlinearities Improve Neural Network Acoustic Models*, ICML 2013.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.leaky_relu(np.array([-2, 0, 2], np.float32))
        variable([-0.4,  0. ,  2. ])
    """
    return LeakyReLU(slope).apply((x,))[0]
