"""Gradients of functions that are written twice: fast, on arrays, and as a composition of simple functions.

The composition is differentiable any number of times. A node that computes its output, and perhaps its first gradient,
on arrays can take all others from it: they are asked for so seldom that recomputing costs less than more formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainer import _backprop
from chainer.configuration import config, using_config
from chainer.function_node import FunctionNode
from chainer.functions.math.identity import identity
from chainer.types import Arrays, Variables
from chainer.variable import Variable

Composition = Callable[..., tuple[Variable, ...]]


def gradients(compose: Composition, inputs: Sequence[Variable], grad_outputs: Variables) -> list[Variable | None]:
    """Gradients of a composition by its inputs, recorded if the walk back is.

    Args:
        compose: The composition: takes variables, returns a tuple of variables.
        inputs: Its inputs.
        grad_outputs: Gradients of its outputs; ``None`` for zero.
    """
    recorded = config.enable_backprop
    with using_config("enable_backprop", True):
        xs = _leaves(inputs, recorded)
        return _gradients(compose(*xs), xs, grad_outputs, recorded)


def second_gradients(
    compose: Composition, inputs: Sequence[Variable], grad_outputs: Sequence[Variable], grad_grad_inputs: Variables
) -> list[Variable | None]:
    """Gradients of the gradients of a composition, by its inputs and then by ``grad_outputs``.

    Args:
        compose: The composition.
        inputs: Its inputs.
        grad_outputs: Gradients of its outputs.
        grad_grad_inputs: Gradients of the gradients by its inputs; ``None`` for zero.
    """
    recorded = config.enable_backprop
    with using_config("enable_backprop", True):
        xs, gys = _leaves(inputs, recorded), _leaves(grad_outputs, recorded)
        gxs = _gradients(compose(*xs), xs, tuple(gys), True)
        pairs = [(gx, ggx) for gx, ggx in zip(gxs, grad_grad_inputs) if gx is not None and ggx is not None]
        outputs, starts = [gx for gx, _ in pairs], tuple([ggx for _, ggx in pairs])
        return _gradients(outputs, [*xs, *gys], starts, recorded)


def _leaves(variables: Sequence[Variable], recorded: bool) -> list[Variable]:
    # Variables of their own: one may be a function of another (gy of x), and the derivatives we want are partial.
    # What is not recorded must not be connected to the graph behind, whose gradients are not ours to compute.
    return [identity(x) if recorded else Variable(x.array) for x in variables]


def _gradients(ys: Sequence[Variable], xs: Sequence[Variable], gys: Variables, recorded: bool) -> list[Variable | None]:
    pairs = [(y, gy) for y, gy in zip(ys, gys) if gy is not None]
    return _backprop.grad([y for y, _ in pairs], xs, [gy for _, gy in pairs], enable_double_backprop=recorded)


class Composed(FunctionNode):
    """One node for a composition of functions: it keeps the inputs alone, and computes again in backward."""

    def compose(self, *inputs: Variable) -> tuple[Variable, ...]:
        """The composition."""
        raise NotImplementedError

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))
        with using_config("enable_backprop", False):
            return tuple([y.array for y in self.compose(*[Variable(x) for x in inputs])])

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(self.compose, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])
