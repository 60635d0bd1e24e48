"""Functions that pick values: masks in their gradients, and the choice between two arrays."""

from __future__ import annotations

from typing import Any, ClassVar

from chainer import utils
from chainer.function_node import FunctionNode
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, Variables
from chainer.utils import type_check


class Select(FunctionNode):
    """The input, broadcast to the shape of a mask, where that is true, and zero elsewhere.

    It is a product with the mask, as ``where`` takes 30 times as long for a mask without pattern.
    """

    def __init__(self, mask: NdArray) -> None:
        self.mask = mask

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] * self.mask,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gx,) = Select(self.mask).apply(grad_outputs)
        return (sum_to(gx, self.inputs[0].shape),)  # type: ignore[index,arg-type]


class ChoiceGrad(FunctionNode):
    """Passes the gradient to the first of two inputs where a mask is true, else to the second."""

    def __init__(self, mask: NdArray) -> None:
        self.mask = mask

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        return gy * self.mask, gy * ~self.mask

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        masks = (self.mask, ~self.mask)
        chosen = [Select(mask).apply((ggx,))[0] for mask, ggx in zip(masks, grad_outputs) if ggx is not None]
        return (chosen[0] if len(chosen) == 1 else chosen[0] + chosen[1],)


class Choice(FunctionNode):
    """One of two float arrays, element by element; they are broadcast against each other."""

    is_elementwise = True
    gradient: ClassVar[Any]

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x1", "x2"))
        x1, x2 = in_types
        type_check.expect(x1.dtype.kind == "f", x1.dtype == x2.dtype)
        type_check.expect_broadcast_shapes(x1.shape, x2.shape)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        xs = self.get_retained_input_arrays()
        gxs = self.gradient(*xs).apply(grad_outputs)
        return tuple([sum_to(gxs[i], xs[i].shape) for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        xs = self.get_retained_input_arrays()
        gxs = self.gradient(*xs).forward(grad_outputs)
        return tuple([utils.sum_to(gxs[i], xs[i].shape) for i in indexes])
