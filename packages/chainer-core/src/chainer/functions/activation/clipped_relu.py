"""Rectified linear unit with a ceiling."""

from __future__ import annotations

from chainer import backend
from chainer.functions.activation._eltwise import eltwise
from chainer.functions.activation._piecewise_linear import PiecewiseLinear, Slope
from chainer.types import Arrays, NdArray, VariableLike
from chainer.variable import Variable


class ClippedReLU(PiecewiseLinear):
    """Node of :func:`clipped_relu`."""

    def __init__(self, z: float) -> None:
        if not z > 0:
            raise ValueError(f"z must be positive, got {z}")
        self.cap = float(z)
        self.kernel = ("clipped_relu", self.cap)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        if (y := eltwise(x, "clipped_relu", self.cap)) is not None:
            return (y,)
        return (backend.get_array_module(x).clip(x, 0, self.cap),)

    def gradient(self, retained: NdArray) -> Slope:
        return ClippedReLUGrad2(retained, self.cap)


class ClippedReLUGrad2(Slope):
    """Gradient of :func:`clipped_relu`.

    Args:
        x: Input or output of the function.
        z: Ceiling.
    """

    def __init__(self, x: NdArray, z: float) -> None:
        super().__init__((x > 0) & (x < z))


def clipped_relu(x: VariableLike, z: float = 20.0) -> Variable:
    r"""Rectified linear unit with a ceiling, elementwise :math:`\min(\max(0, x), z)`.

    Args:
        x: Variable or array of a float dtype, of any shape.
        z: Ceiling, a positive number.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        ValueError: ``z`` is not positive.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.clipped_relu(np.array([-1, 2, 99], np.float32))
        variable([ 0.,  2., 20.])
    """
    return ClippedReLU(z).apply((x,))[0]


def relu6(x: VariableLike) -> Variable:
    r"""Rectified linear unit with the ceiling 6, elementwise :math:`\min(\max(0, x), 6)`.

    Args:
        x: Variable or array of a float dtype, of any shape.

    Returns:
        Variable of the shape and dtype of ``x``.

    References:
        Krizhevsky, *Convolutional Deep Belief Networks on CIFAR-10*, 2010.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.relu6(np.array([-1, 2, 99], np.float32))
        variable([0., 2., 6.])
    """
    return clipped_relu(x, 6.0)
