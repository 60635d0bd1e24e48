"""Huber loss."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.loss._difference import expect_alike
from chainer.functions.loss._reduction import expect_reduce
from chainer.functions.math.clip import clip
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class HuberLoss(FunctionNode):
    """Node of :func:`huber_loss`."""

    def __init__(self, delta: float, reduce: str = "sum_along_second_axis") -> None:
        expect_reduce(reduce, ("sum_along_second_axis", "no"))
        self.delta = float(delta)
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        expect_alike(in_types, ("x", "t"))
        if self.reduce != "no":
            type_check.expect(in_types[0].ndim >= 2)

    def forward(self, inputs: Arrays) -> Arrays:
        x, t = inputs
        self.retain_inputs((0, 1))
        xp = backend.get_array_module(x)
        distance = abs(x - t)
        near = xp.minimum(distance, self.delta)
        y = near * (distance - 0.5 * near)
        return (y if self.reduce == "no" else y.sum(axis=1),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, t = self.get_retained_inputs()
        gy: Any = grad_outputs[0]
        if self.reduce != "no":
            gy = gy.reshape(gy.shape[:1] + (1,) + gy.shape[1:])
        gx = gy * clip(x - t, -self.delta, self.delta)
        return gx, (-gx if 1 in indexes else None)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, t = self.get_retained_input_arrays()
        xp = backend.get_array_module(x)
        gx = xp.clip(x - t, -self.delta, self.delta)
        gx *= grad_outputs[0] if self.reduce == "no" else xp.expand_dims(grad_outputs[0], 1)
        return tuple([-gx if i else gx for i in indexes])


def huber_loss(x: VariableLike, t: VariableLike, delta: float, reduce: str = "sum_along_second_axis") -> Variable:
    r"""Huber loss: squared error up to a distance, and linear beyond it.

    With :math:`a = x - t` it is :math:`a^2 / 2` where :math:`|a| \le \delta`, else :math:`\delta (|a| - \delta / 2)`.

    Args:
        x: Prediction. Variable or array of a float dtype.
        t: Target, of the shape and dtype of ``x``.
        delta: Distance at which the parts meet.
        reduce: ``'sum_along_second_axis'``, or ``'no'`` for the loss of each element.

    Returns:
        Variable of the dtype of ``x``: without its second axis, or of the shape of ``x`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes differ, or are no floats; or there is no second axis.

    References:
        Huber, *Robust Estimation of a Location Parameter*, Annals of Statistics 1964.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, t = np.array([[0.5, -3]], np.float32), np.zeros((1, 2), np.float32)
        >>> F.huber_loss(x, t, delta=1.0, reduce="no")
        variable([[0.125, 2.5  ]])
    """
    return HuberLoss(delta, reduce).apply((x, t))[0]
