"""Rectified linear unit."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class ReLU(FunctionNode):
    """Node of :func:`relu`. Keeps its output alone: the sign is all backward needs."""

    is_elementwise = True
    takes_raw = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.retain_outputs((0,))
        kernel = kernels.find("relu", x)
        if kernel is not None:
            return (kernel(x),)
        return (backend.get_array_module(x).maximum(x, 0),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (y,) = self.get_retained_outputs()
        return ReLUGrad2(y.array).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (y,) = self.get_retained_output_arrays()
        return ReLUGrad2(y).forward(grad_outputs)


class ReLUGrad2(FunctionNode):
    """Gradient of :func:`relu`: linear in ``gy``, with the mask of ``y`` a constant.

    The second derivative is zero almost everywhere, so differentiating twice costs nothing more.
    """

    def __init__(self, y: NdArray) -> None:
        self.y = y

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        kernel = kernels.find("relu_backward", gy, self.y)
        if kernel is not None:
            return (kernel(self.y, gy),)
        return (gy * (self.y > 0),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return ReLUGrad2(self.y).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return self.forward(grad_outputs)


def relu(x: VariableLike) -> Variable:
    r"""Rectified linear unit, elementwise :math:`\max(0, x)`.

    Args:
        x: Variable or array of a float dtype, of any shape.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    References:
        Nair and Hinton, *Rectified Linear Units Improve Restricted Boltzmann Machines*, ICML 2010.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.relu(np.array([-1, 0, 2], np.float32))
        variable([0., 0., 2.])
    """
    return ReLU().apply((x,))[0]
