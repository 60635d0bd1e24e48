"""Memory for time: a part of the graph that is computed again in backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainer import _backprop
from chainer.configuration import config, using_config
from chainer.function import force_backprop_mode, no_backprop_mode
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike, Variables
from chainer.variable import Variable


class Forget(FunctionNode):
    """Node of :func:`forget`. Keeps its inputs alone."""

    def __init__(self, func: Callable[..., Any]) -> None:
        if not callable(func):
            raise TypeError(f"func must be callable, got {type(func).__name__}")
        self.func = func

    def _call(self, xs: Sequence[Variable]) -> tuple[Variable, ...]:
        outputs = self.func(*xs)
        if isinstance(outputs, Variable):
            return (outputs,)
        if isinstance(outputs, tuple) and all(isinstance(y, Variable) for y in outputs):
            return outputs
        raise RuntimeError(f"func must return a variable or a tuple of variables, got {type(outputs).__name__}")

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(tuple(range(len(inputs))))
        with no_backprop_mode():
            outputs = self._call([Variable(x) for x in inputs])
        return tuple([y.array for y in outputs])

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        if config.enable_backprop:
            raise RuntimeError("forget cannot be differentiated twice: call backward without enable_double_backprop")
        xs = [Variable(x.array, requires_grad=i in indexes) for i, x in enumerate(self.get_retained_inputs())]
        with force_backprop_mode(), using_config("in_recomputing", True):
            outputs = self._call(xs)
        roots = [(y, gy) for y, gy in zip(outputs, grad_outputs, strict=True) if gy is not None]
        for y, gy in roots:
            y.grad_var = gy
        # Parameters inside get their gradients here, too: that is why this is no chainer.grad.
        _backprop.backward_from([y for y, _ in roots if y.creator_node is not None])
        return tuple([xs[i].grad_var for i in indexes])


def forget(func: Callable[..., Any], *xs: VariableLike) -> Variable | tuple[Variable, ...]:
    r"""Calls a function without keeping what is inside for backward, which calls it once more.

    Needs memory for the inputs only, at the price of a second forward pass. The function must give the same values both
    times: randomness, as in dropout, is not repeated. In the second pass
    ``chainer.config.in_recomputing`` is true, so that batch normalisation updates its statistics once.

    Args:
        func: Takes variables and returns a variable or a tuple of them. It may use parameters.
        xs: Variables or arrays.

    Returns:
        What ``func`` returns.

    Raises:
        TypeError: ``func`` cannot be called.
        RuntimeError: ``func`` returns something else; or, in backward, second derivatives are asked for.

    References:
        Chen et al., *Training Deep Nets with Sublinear Memory Cost*, 2016, arXiv:1604.06174.

    Example:
        >>> import chainer, numpy as np
        >>> import chainer.functions as F
        >>> x = chainer.Variable(np.array([0.0, 1.0], np.float32))
        >>> F.sum(F.forget(lambda x: F.exp(x) * x, x)).backward()
        >>> x.grad.round(3)
        array([1.   , 5.437], dtype=float32)
    """
    outputs = Forget(func).apply(xs)
    return outputs[0] if len(outputs) == 1 else outputs
