"""Triplet loss."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.loss._difference import expect_alike
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Triplet(FunctionNode):
    """Node of :func:`triplet`."""

    def __init__(self, margin: float, reduce: str = "mean") -> None:
        if margin <= 0:
            raise ValueError(f"margin should be positive value, got {margin}")
        expect_reduce(reduce, ("mean", "no"))
        self.margin = float(margin)
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        expect_alike(in_types, ("anchor", "positive", "negative"))
        type_check.expect(in_types[0].ndim >= 2)

    def forward(self, inputs: Arrays) -> Arrays:
        anchor, positive, negative = inputs
        self.retain_inputs((0, 1, 2))
        xp = backend.get_array_module(anchor)
        near, far = anchor - positive, anchor - negative
        near *= near
        far *= far
        near -= far
        loss = near.sum(axis=1)
        loss += self.margin
        loss = xp.maximum(loss, 0)
        self._is_violated = xp.expand_dims(loss > 0, 1)
        return (scaled_sum(loss, 1 / max(len(loss), 1)) if self.reduce == "mean" else loss,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        anchor, positive, negative = self.get_retained_inputs()
        gy: Any = grad_outputs[0]
        factor = self._is_violated.astype(anchor.dtype) * 2
        if self.reduce == "mean":
            scale = gy * (factor * (1 / max(len(factor), 1)))
        else:
            scale = gy.reshape(factor.shape) * factor
        return tuple(
            [
                scale * (a - b)
                for a, b in [((negative, positive), (positive, anchor), (anchor, negative))[i] for i in indexes]
            ]
        )


def triplet(
    anchor: VariableLike,
    positive: VariableLike,
    negative: VariableLike,
    margin: float = 0.2,
    reduce: str = "mean",
) -> Variable:
    r"""Triplet loss: an anchor should be nearer to its own kind than to others, by a margin.

    It is :math:`\max(\|a - p\|^2 - \|a - n\|^2 + \mathrm{margin}, 0)`, with the norms along the second axis.

    Args:
        anchor: Anchors :math:`a`. Shape ``(B, D)`` or ``(B, D, d1, ...)``, float.
        positive: Samples :math:`p` of the kind of the anchors, of their shape and dtype.
        negative: Samples :math:`n` of another kind, of the same shape and dtype.
        margin: Margin, a positive number.
        reduce: ``'mean'`` for the sum divided by ``B``, or ``'no'`` for the loss of each triplet.

    Returns:
        Variable of the dtype of ``anchor``: 0-d, or for ``reduce='no'`` of its shape without the second axis.

    Raises:
        ValueError: ``margin`` is not positive, or ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Schroff et al., *FaceNet: A Unified Embedding for Face Recognition and Clustering*, arXiv:1503.03832.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> a, p, n = np.float32([[0, 0]]), np.float32([[0, 2]]), np.float32([[1, 0]])
        >>> F.triplet(a, p, n)
        variable(3.2)
    """
    return Triplet(margin, reduce).apply((anchor, positive, negative))[0]
