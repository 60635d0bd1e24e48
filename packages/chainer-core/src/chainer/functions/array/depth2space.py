"""Channels laid out as blocks of pixels."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Depth2Space(FunctionNode):
    """Node of :func:`depth2space`.

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
        y = x.reshape(b, r, r, c // r**2, h, w).transpose(0, 3, 4, 1, 5, 2)
        return (y.reshape(b, c // r**2, h * r, w * r),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        from chainer.functions.array.space2depth import Space2Depth

        return Space2Depth(self.r).apply(grad_outputs)


def depth2space(X: VariableLike, r: int) -> Variable:
    """Lays channels out as blocks of pixels, for images of ``r`` times the resolution.

    Args:
        X: Variable or array of a float dtype. Shape ``(B, C r^2, H, W)``.
        r: Side of a block.

    Returns:
        Variable. Shape ``(B, C, r H, r W)``.

    Raises:
        ValueError: The number of channels is no multiple of ``r * r``.
        chainer.utils.type_check.InvalidType: ``X`` is not of a float dtype, or has not four axes.

    References:
        Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
        Neural Network*, CVPR 2016.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.depth2space(np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1), 2)
        variable([[[[0., 1.],
                    [2., 3.]]]])
    """
    return Depth2Space(r).apply((X,))[0]
