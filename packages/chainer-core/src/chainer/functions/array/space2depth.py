"""Blocks of pixels laid out as channels."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array.depth2space import Depth2Space
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Space2Depth(FunctionNode):
    """Node of :func:`space2depth`.

    Args:
        r: Side of a block.
    """

    def __init__(self, r: int) -> None:
        self.r = r

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f", in_types[0].ndim == 4)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        b, c, h, w = x.shape
        r = self.r
        y = x.reshape(b, c, h // r, r, w // r, r).transpose(0, 3, 5, 1, 2, 4)
        return (y.reshape(b, r**2 * c, h // r, w // r),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Depth2Space(self.r).apply(grad_outputs)


def space2depth(X: VariableLike, r: int) -> Variable:
    """Lays blocks of pixels out as channels: the inverse of :func:`~chainer.functions.depth2space`.

    Args:
        X: Variable or array of a float dtype. Shape ``(B, C, r H, r W)``.
        r: Side of a block.

    Returns:
        Variable. Shape ``(B, C r^2, H, W)``.

    Raises:
        ValueError: Height or width is no multiple of ``r``.
        chainer.utils.type_check.InvalidType: ``X`` is not of a float dtype, or has not four axes.

    References:
        Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
        Neural Network*, CVPR 2016.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.space2depth(np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2), 2).shape
        (1, 4, 1, 1)
    """
    return Space2Depth(r).apply((X,))[0]
