"""Contrastive loss of pairs."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation.relu import relu
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.functions.math.sqrt import sqrt
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Contrastive(FunctionNode):
    """Node of :func:`contrastive`."""

    def __init__(self, margin: float, reduce: str = "mean") -> None:
        if margin <= 0:
            raise ValueError(f"margin should be positive value, got {margin}")
        expect_reduce(reduce, ("mean", "no"))
        self.margin = float(margin)
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x0", "x1", "y"))
        x0_type, x1_type, y_type = in_types
        type_check.expect(
            x0_type.dtype.kind == "f",
            x0_type.dtype == x1_type.dtype,
            y_type.dtype.kind == "i",
            x0_type.ndim == 2,
            x0_type.shape == x1_type.shape,
            x1_type.shape[:1] == y_type.shape,
            x1_type.shape[0] > 0,
        )

    def forward(self, inputs: Arrays) -> Arrays:
        x0, x1, y = inputs
        self.retain_inputs((0, 1, 2))
        xp = backend.get_array_module(x0)
        difference = x0 - x1
        squared = xp.einsum("ij,ij->i", difference, difference)
        missing = xp.maximum(self.margin - xp.sqrt(squared), 0)
        missing *= missing
        loss = xp.where(y == 1, squared, missing)
        loss *= 0.5
        return (scaled_sum(loss, 1 / len(y)) if self.reduce == "mean" else loss,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x0, x1, y = self.get_retained_inputs()
        gy: Any = grad_outputs[0]
        gy = gy * (1 / len(y)) if self.reduce == "mean" else gy.reshape(-1, 1)
        is_alike = (y.array == 1).astype(x0.dtype)[:, None]
        difference = x0 - x1
        squared = _sum(difference * difference, axis=1, keepdims=True)
        # Two points in one place repel each other in no direction: a gradient of zero, instead of 0 / 0.
        distance = sqrt(squared + (squared.array == 0).astype(x0.dtype))
        pull = is_alike - (1 - is_alike) * relu(self.margin - distance) / distance
        gx = gy * pull * difference
        return tuple([(gx, -gx if 1 in indexes else None, None)[i] for i in indexes])


def contrastive(
    x0: VariableLike, x1: VariableLike, y: VariableLike, margin: float = 1, reduce: str = "mean"
) -> Variable:
    r"""Contrastive loss: pulls alike pairs together, and pushes others apart up to a margin.

    With the Euclidean distance :math:`d` of a pair, :math:`\frac12 (y d^2 + (1 - y) \max(\mathrm{margin} - d, 0)^2)`.

    Args:
        x0: First of each pair. Shape ``(B, D)``, float.
        x1: Second of each pair, of the shape and dtype of ``x0``.
        y: 1 for alike pairs, 0 for others. Shape ``(B,)``, a signed integer dtype.
        margin: Distance at which pushing ends, a positive number.
        reduce: ``'mean'``, or ``'no'`` for the loss of each pair.

    Returns:
        Variable of the dtype of ``x0``: 0-d, or of shape ``(B,)`` for ``reduce='no'``.

    Raises:
        ValueError: ``margin`` is not positive, or ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above, or the batch is empty.

    References:
        Hadsell et al., *Dimensionality Reduction by Learning an Invariant Mapping*, CVPR 2006.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x0, x1 = np.array([[0, 0], [0, 0]], np.float32), np.array([[3, 4], [0, 0.5]], np.float32)
        >>> F.contrastive(x0, x1, np.array([1, 0], np.int32), reduce="no")
        variable([12.5  ,  0.125])
    """
    return Contrastive(margin, reduce).apply((x0, x1, y))[0]
