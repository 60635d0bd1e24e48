"""Variables that hold nothing and stand for the graph on another rank."""

from __future__ import annotations

from typing import Any

from chainer import Variable

_NAME = "delegate_variable"


def as_delegate(variable: Variable) -> Variable:
    """Makes a variable without elements one from which backward can start."""
    variable.name = _NAME
    # A gradient is there from the beginning: as empty as the variable, and enough to begin with.
    variable.grad = variable.xp.empty_like(variable.array)
    return variable


def is_delegate(variable: Variable) -> bool:
    """Whether a variable has been made one."""
    return variable.name == _NAME and variable.size == 0


def in_graph(x: Any) -> Variable:
    """A variable that requires a gradient: other ranks walk back through the function, so this one has to as well."""
    return x if isinstance(x, Variable) and x.requires_grad else Variable(x.array if isinstance(x, Variable) else x)
