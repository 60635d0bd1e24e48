"""Cross entropy of a sigmoid, for yes-or-no questions."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SigmoidCrossEntropy(FunctionNode):
    """Node of :func:`sigmoid_cross_entropy`.

    Attributes:
        count: What the sum of the losses is divided by for the mean.
    """

    ignore_label = -1
    count: int | None = None

    def __init__(self, normalize: bool = True, reduce: str = "mean") -> None:
        expect_reduce(reduce, ("mean", "no"))
        self.normalize = normalize
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t"))
        x_type, t_type = in_types
        type_check.expect(x_type.dtype.kind == "f", t_type.dtype.kind == "i", x_type.shape == t_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        x, t = inputs
        self.retain_inputs((0, 1))
        xp = backend.get_array_module(x)
        self.ignore_mask = t != self.ignore_label
        # max(x, 0) - x t + log(1 + exp(-|x|)): no exponential of a positive number.
        loss = xp.log1p(xp.exp(-abs(x)))
        loss += xp.maximum(x, 0)
        loss -= x * t.astype(x.dtype)
        loss *= self.ignore_mask
        if self.reduce == "no":
            return (loss,)
        self.count = max(int(xp.count_nonzero(self.ignore_mask)) if self.normalize else len(x), 1)
        return (scaled_sum(loss, 1 / self.count),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, t = self.get_retained_inputs()
        grad = SigmoidCrossEntropyGrad(self.reduce, self.count, self.ignore_mask, t.array)
        return grad.apply((x, grad_outputs[0]))[0], None

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        x, t = self.get_retained_input_arrays()
        grad = SigmoidCrossEntropyGrad(self.reduce, self.count, self.ignore_mask, t)
        return tuple([None if i else grad.forward((x, grad_outputs[0]))[0] for i in indexes])


class SigmoidCrossEntropyGrad(FunctionNode):
    """Gradient of :func:`sigmoid_cross_entropy`, of ``(x, gy)``.

    Args:
        reduce: As for the function.
        count: What the sum of the losses is divided by for the mean.
        ignore_mask: Which elements count.
        t: Labels.
    """

    def __init__(self, reduce: str, count: int | None, ignore_mask: NdArray, t: NdArray) -> None:
        self.reduce = reduce
        self.ignore_mask = ignore_mask
        self.t = t
        self._coeff = 1 / count if reduce == "mean" and count else 1.0

    def forward(self, inputs: Arrays) -> Arrays:
        x, gy = inputs
        self.retain_inputs((0, 1))
        gx = backend.get_array_module(x).tanh(x * 0.5)  # the sigmoid by way of tanh, which cannot overflow
        gx *= 0.5
        gx += 0.5
        gx -= self.t
        gx *= self.ignore_mask
        gx *= gy * self._coeff
        return (gx,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, gy = self.get_retained_inputs()
        ggx: Any = grad_outputs[0]
        y = sigmoid(x)
        weight = ggx * (self.ignore_mask.astype(x.dtype) * self._coeff)
        gx = weight * gy * (y * (1 - y)) if 0 in indexes else None
        ggy = weight * (y - self.t) if 1 in indexes else None
        if ggy is not None and self.reduce == "mean":
            ggy = _sum(ggy)
        return gx, ggy


def sigmoid_cross_entropy(x: VariableLike, t: VariableLike, normalize: bool = True, reduce: str = "mean") -> Variable:
    r"""Cross entropy of the sigmoid of scores, relative to labels 0 and 1.

    For a score :math:`x` and a label :math:`t` it is
    :math:`-t \log \sigma(x) - (1 - t) \log(1 - \sigma(x))`, computed so that it stays finite.

    Args:
        x: Scores before the sigmoid. Variable or array of a float dtype.
        t: Labels 0, 1 and, for elements that do not count, -1. Shape of ``x``, a signed integer dtype.
        normalize: Whether the mean is one over all elements that count, or over the batch of sums over the rest.
        reduce: ``'mean'``, or ``'no'`` for the loss of each element, with zeros where it does not count.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of the shape of ``x`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sigmoid_cross_entropy(np.float32([[-2, 3, 9]]), np.array([[0, 1, -1]], np.int32))
        variable(0.0878)
    """
    return SigmoidCrossEntropy(normalize, reduce).apply((x, t))[0]
