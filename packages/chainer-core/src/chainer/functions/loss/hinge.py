"""Hinge loss."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation.relu import relu
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Hinge(FunctionNode):
    """Node of :func:`hinge`."""

    def __init__(self, norm: str = "L1", reduce: str = "mean") -> None:
        if norm not in ("L1", "L2"):
            raise NotImplementedError(f"norm should be either 'L1' or 'L2', got {norm!r}")
        expect_reduce(reduce, ("mean", "no"))
        self.norm = norm
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(
            x_type.dtype.kind == "f", t_type.dtype.kind == "i", x_type.ndim == 2, t_type.shape == x_type.shape[:1]
        )

    def forward(self, inputs: Arrays) -> Arrays:
        x, t = inputs
        self.retain_inputs((0, 1))
        xp = backend.get_array_module(x)
        margin = x * _signs(x, t)
        margin += 1
        loss = xp.maximum(margin, 0, out=margin)
        if self.norm == "L2":
            loss *= loss
        return (scaled_sum(loss, 1 / max(len(x), 1)) if self.reduce == "mean" else loss,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, t = self.get_retained_inputs()
        signs = _signs(x.array, t.array)
        gy: Any = grad_outputs[0]
        if self.reduce == "mean":
            gy = gy * (1 / max(len(x), 1))
        if self.norm == "L1":
            return gy * (signs * (x.array * signs > -1)), None
        return gy * (2 * signs) * relu(x * signs + 1), None


def _signs(x: NdArray, t: NdArray) -> NdArray:
    """-1 for the class of the sample, whose score should be large, and 1 for the others."""
    xp = backend.get_array_module(x)
    signs = xp.ones_like(x)
    signs[xp.arange(len(t)), t] = -1
    return signs


def hinge(x: VariableLike, t: VariableLike, norm: str = "L1", reduce: str = "mean") -> Variable:
    r"""Hinge loss of one classifier a class, each against all others.

    For a score :math:`x_{nk}` it is :math:`\max(0, 1 - \delta_{nk} x_{nk})^p`, where :math:`\delta_{nk}` is 1 if
    the label of the sample is :math:`k`, else -1. The mean is one over the batch of sums over the classes.

    Args:
        x: Scores. Shape ``(B, C)``, float.
        t: Labels in ``[0, C)``. Shape ``(B,)``, a signed integer dtype.
        norm: ``'L1'`` for :math:`p = 1`, ``'L2'`` for :math:`p = 2`.
        reduce: ``'mean'``, or ``'no'`` for the loss of each element.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of shape ``(B, C)`` for ``reduce='no'``.

    Raises:
        NotImplementedError: ``norm`` is neither of those.
        ValueError: ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.hinge(np.array([[-2, 0.5]], np.float32), np.array([1], np.int32), reduce="no")
        variable([[0. , 0.5]])
    """
    return Hinge(norm, reduce).apply((x, t))[0]
