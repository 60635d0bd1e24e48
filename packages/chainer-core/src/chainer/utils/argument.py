"""Keyword arguments that published signatures take as ``**kwargs``."""

from __future__ import annotations

from typing import Any


def check_unexpected_kwargs(kwargs: dict[str, Any], **unexpected: str) -> None:
    """Raises with an explanation if an argument of an older version is given.

    Args:
        kwargs: The arguments of the caller.
        unexpected: Name of a withdrawn argument to the message that says what to do instead.

    Raises:
        ValueError: One of them is given.
    """
    for name, message in unexpected.items():
        if name in kwargs:
            raise ValueError(message)


def parse_kwargs(kwargs: dict[str, Any], *name_and_values: tuple[str, Any], **unexpected: str) -> tuple[Any, ...]:
    """Values of named arguments, in order; what is left over is an error.

    Args:
        kwargs: The arguments of the caller.
        name_and_values: Pairs of an argument's name and its default.
        unexpected: As for :func:`check_unexpected_kwargs`.

    Raises:
        TypeError: An argument that is not named.
        ValueError: A withdrawn argument.
    """
    check_unexpected_kwargs(kwargs, **unexpected)
    known = dict(name_and_values)
    assert_kwargs_empty({name: value for name, value in kwargs.items() if name not in known}, tuple(known))
    return tuple(kwargs.get(name, default) for name, default in name_and_values)


def assert_kwargs_empty(kwargs: dict[str, Any], expected: tuple[str, ...] = ()) -> None:
    """Raises if any argument is left.

    Raises:
        TypeError: One is; the message names it.
    """
    if kwargs:
        names = ", ".join(map(repr, sorted(kwargs)))
        hint = f"; the keyword arguments are {', '.join(expected)}" if expected else ""
        raise TypeError(f"unexpected keyword argument {names}{hint}")
