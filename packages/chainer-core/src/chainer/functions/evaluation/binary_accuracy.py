"""Accuracy of a two-class classifier."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class BinaryAccuracy(FunctionNode):
    """Node of :func:`binary_accuracy`; no gradient flows through it."""

    ignore_label = -1

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(x_type.dtype.kind == "f", t_type.dtype.kind == "i", t_type.shape == x_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        y, t = inputs
        xp = backend.get_array_module(y)
        n_correct = xp.count_nonzero((y >= 0) == t)  # -1 equals neither
        n_valid = xp.count_nonzero(t != self.ignore_label)
        return (xp.asarray(n_correct / xp.maximum(n_valid, 1), y.dtype),)


def binary_accuracy(y: VariableLike, t: VariableLike) -> Variable:
    """Fraction of scores of which the sign tells the label: not negative for 1, negative for 0. Not differentiable.

    Args:
        y: Scores before the sigmoid. Variable or array of a float dtype.
        t: Labels 0, 1 and, for elements that do not count, -1. Shape of ``y``, a signed integer dtype.

    Returns:
        0-d variable of the dtype of ``y``; 0 if nothing counts.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> y = np.array([[-2, 3], [1, 0.5]], np.float32)
        >>> F.binary_accuracy(y, np.array([[0, 1], [0, -1]], np.int32))
        variable(0.667)
    """
    return BinaryAccuracy().apply((y, t))[0]
