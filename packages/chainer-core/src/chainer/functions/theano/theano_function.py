"""Functions compiled by Theano: not offered any more."""

from __future__ import annotations

from typing import Any, NoReturn


class TheanoFunction:
    """Stands for a function compiled by Theano; cannot be made.

    Raises:
        RuntimeError: Always: Theano has been discontinued.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse()


def theano_function(*args: Any, **kwargs: Any) -> NoReturn:
    """Would call a function compiled by Theano.

    Raises:
        RuntimeError: Always: Theano has been discontinued.
    """
    _refuse()


def _refuse() -> NoReturn:
    raise RuntimeError(
        "Theano has been discontinued; write the function with chainer.functions, or as a chainer.FunctionNode"
    )
