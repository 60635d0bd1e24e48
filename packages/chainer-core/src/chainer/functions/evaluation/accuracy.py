"""Accuracy of a classifier."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class Accuracy(FunctionNode):
    """Node of :func:`accuracy`; no gradient flows through it."""

    def __init__(self, ignore_label: int | None = None) -> None:
        self.ignore_label = ignore_label

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(x_type.dtype.kind == "f", t_type.dtype.kind == "i")
        n_dims = type_check.eval(t_type.ndim)
        type_check.expect(
            x_type.ndim >= 2,
            x_type.ndim >= t_type.ndim,
            t_type.shape == x_type.shape[:1] + x_type.shape[2 : n_dims + 1],
            type_check.prod(x_type.shape[n_dims + 1 :]) == 1,
        )

    def forward(self, inputs: Arrays) -> Arrays:
        y, t = inputs
        xp = backend.get_array_module(y)
        is_correct = y.argmax(axis=1).reshape(t.shape) == t
        # Counts stay where the arrays are, so that a GPU need not be waited for.
        if self.ignore_label is None:
            return (xp.asarray(xp.count_nonzero(is_correct) / t.size if t.size else xp.nan, y.dtype),)
        is_valid = t != self.ignore_label
        is_correct &= is_valid
        return (xp.asarray(xp.count_nonzero(is_correct) / xp.maximum(xp.count_nonzero(is_valid), 1), y.dtype),)


def accuracy(y: VariableLike, t: VariableLike, ignore_label: int | None = None) -> Variable:
    """Fraction of samples whose label has the largest score. Not differentiable.

    Args:
        y: Scores of the classes. Shape ``(B, C)`` or ``(B, C, d1, ...)``, float.
        t: Labels. Shape ``(B,)`` or ``(B, d1, ...)``, a signed integer dtype. Trailing axes of ``y`` may be missing if
            they have length 1.
        ignore_label: Label of samples that do not count; if nothing counts, the accuracy is 0.

    Returns:
        0-d variable of the dtype of ``y``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> y = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
        >>> F.accuracy(y, np.array([0, 1, 1], np.int32), ignore_label=1)
        variable(1.)
    """
    return Accuracy(ignore_label).apply((y, t))[0]
