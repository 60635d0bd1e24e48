"""Variables that hold nothing and stand for the graph on another rank."""

from __future__ import annotations

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
