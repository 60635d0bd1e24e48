"""Zoneout."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs
from chainer.variable import Variable, as_variable


class Zoneout(FunctionNode):
    """Node of :func:`zoneout`.

    Attributes:
        flag_h: 1 where the previous state is kept, else 0.
        flag_x: 1 where the new state is taken, else 0.
    """

    is_elementwise = True

    def __init__(self, zoneout_ratio: float) -> None:
        self.zoneout_ratio = zoneout_ratio

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("h", "x"))
        h_type, x_type = in_types
        type_check.expect(h_type.dtype.kind == "f", h_type.dtype == x_type.dtype, h_type.shape == x_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        h, x = inputs
        xp = backend.get_array_module(x)
        is_new = xp.asarray(xp.random.rand(*x.shape) >= self.zoneout_ratio)
        self.flag_x = is_new.astype(x.dtype)
        self.flag_h = (~is_new).astype(x.dtype)
        y = h * self.flag_h
        y += x * self.flag_x
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        return tuple([gy * (self.flag_x if i else self.flag_h) for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (gy,) = grad_outputs
        return tuple([gy * (self.flag_x if i else self.flag_h) for i in indexes])


def zoneout(h: VariableLike, x: VariableLike, ratio: float = 0.5, **kwargs: Any) -> Variable:
    """Keeps elements of the previous state of a recurrent network at random, and takes the others from the new one.

    Only while training: with ``chainer.config.train`` false it returns ``x`` as it is. What is kept is drawn with
    ``numpy.random``, or with CuPy's generator on a GPU.

    Args:
        h: Previous state. Variable or array of a float dtype.
        x: New state, of the shape and dtype of ``h``.
        ratio: Probability of an element to be kept.
        kwargs: Refused; arguments of older versions with an explanation.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        TypeError: An unknown keyword argument.
        ValueError: A withdrawn keyword argument.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Krueger et al., *Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations*, arXiv:1606.01305.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.zoneout(np.zeros(3, np.float32), np.ones(3, np.float32), ratio=0.0)
        variable([1., 1., 1.])
    """
    if kwargs:
        parse_kwargs(kwargs, train="train argument is not supported anymore. Use chainer.using_config")
    if config.train:
        return Zoneout(ratio).apply((h, x))[0]
    return as_variable(x)
