"""What all smooth functions of one array, element by element, have in common."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Elementwise(FunctionNode):
    """A function of one float array, element by element.

    A subclass gives :meth:`value`, on arrays, and :meth:`gradient`, on variables. What the latter needs
    is kept for it: the input, the output, or both.
    """

    is_elementwise = True
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        if self.keeps_input:
            self.retain_inputs((0,))
        if self.keeps_output:
            self.retain_outputs((0,))
        return (self.value(backend.get_array_module(x), x),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (self.gradient(*self.get_retained_inputs(), *self.get_retained_outputs(), grad_outputs[0]),)

    def value(self, xp: Any, x: NdArray) -> NdArray:
        """The function of an array, in its dtype."""
        raise NotImplementedError

    def gradient(self, *args: Any, **kwargs: Any) -> Variable:
        """``gx``, given the input if it is kept, then the output if it is kept, then ``gy``."""
        raise NotImplementedError


class Arithmetic(Elementwise):
    """A function whose :meth:`gradient` takes operators alone: it serves variables and bare arrays."""

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        kept = (*self.get_retained_input_arrays(), *self.get_retained_output_arrays())
        return (self.gradient(*kept, grad_outputs[0]),)


class WithGradientNode(FunctionNode):
    """A function of one array whose gradient is another node, of what this one keeps and of ``gy``."""

    def gradient_node(self) -> FunctionNode:
        """A new node of the gradient."""
        raise NotImplementedError

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        kept = (*self.get_retained_inputs(), *self.get_retained_outputs())
        return self.gradient_node().apply((*kept, grad_outputs[0]))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        kept = (*self.get_retained_input_arrays(), *self.get_retained_output_arrays())
        return self.gradient_node().forward((*kept, grad_outputs[0]))


class ElementwiseGrad(FunctionNode):
    """A gradient ``f'(x) * gy`` as one node, for functions of which a formula in variables takes many.

    A subclass gives :meth:`slope`, which is ``f'`` on arrays, and :meth:`bend`, which is ``f''(x) * g`` on variables.
    """

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        x, gy = inputs
        return (self.slope(backend.get_array_module(x), x) * gy,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (ggx,) = grad_outputs
        assert ggx is not None
        x, gy = self.get_retained_inputs()
        return tuple([self.bend(x, gy * ggx) if i == 0 else type(self)().apply((x, ggx))[0] for i in indexes])

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        """The derivative of the function."""
        raise NotImplementedError

    def bend(self, x: Variable, g: Variable) -> Variable:
        """The second derivative, times ``g``."""
        raise NotImplementedError


def special(xp: Any, name: str, x: NdArray, *before: Any) -> NdArray:
    """A function of :mod:`scipy.special`, or of CuPy's twin of it, in the dtype of ``x``.

    SciPy is imported by the first call, not with Chainer: that takes a tenth of a second.

    Args:
        xp: Array module of ``x``.
        name: Name of the function.
        x: Its last argument.
        before: Its other arguments.
    """
    module = importlib.import_module("scipy.special" if xp is numpy else "cupyx.scipy.special")
    y: NdArray = getattr(module, name)(*before, x)
    return y if y.dtype == x.dtype else y.astype(x.dtype)
