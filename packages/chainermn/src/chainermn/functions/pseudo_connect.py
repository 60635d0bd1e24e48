"""An edge of the graph for what happens on other ranks."""

from __future__ import annotations

from typing import Any

from chainer import FunctionNode, Variable
from chainer.types import Arrays, Variables

from chainermn.functions._delegate import as_delegate, is_delegate


class PseudoConnect(FunctionNode):
    """Node of :func:`pseudo_connect`: the identity of all inputs but the first."""

    def forward(self, inputs: Arrays) -> Arrays:
        delegate, *actual = inputs
        self._delegate = delegate
        return tuple(actual)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        # Nothing, but a gradient: without one the walk would not go there.
        gxs = (Variable(self._delegate), *grad_outputs)
        return tuple(gxs[i] for i in indexes)


def pseudo_connect(delegate_variable: Variable | None, *actual_variables: Variable) -> Any:
    """Makes variables depend on what was sent to another rank.

    Backward from the result goes through ``actual_variables`` and through ``delegate_variable``, so the gradients of
    what was sent are received. Used where a rank sends something and goes on with its own graph.

    Args:
        delegate_variable: What :func:`chainermn.functions.send` returned; ``None`` connects nothing.
        actual_variables: Variables to go on with.

    Returns:
        The variables: one alone, several as a tuple.

    Raises:
        TypeError: There are none.

    Example:
        >>> import chainer, chainermn, numpy as np
        >>> sent, x = chainer.Variable(np.empty(0, "float32")), chainer.Variable(np.ones(2, "float32"))
        >>> chainermn.functions.pseudo_connect(sent, x).array
        array([1., 1.], dtype=float32)
    """
    if not actual_variables:
        raise TypeError("actual_variables must not be empty: backward would have nowhere to start")
    if delegate_variable is None:
        return actual_variables[0] if len(actual_variables) == 1 else actual_variables
    connected = PseudoConnect().apply((delegate_variable, *actual_variables))
    for before, after in zip(actual_variables, connected, strict=True):
        if is_delegate(before):
            as_delegate(after)
    return connected[0] if len(connected) == 1 else connected
