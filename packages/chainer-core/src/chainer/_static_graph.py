"""Marks of static subgraphs, which old code may carry.

The last release could record the schedule of a marked chain and replay it; the results are the same
without, so here the marks change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def static_graph(*args: Any, **kwargs: Any) -> Any:
    """Decorator of a chain's ``forward``; returns it unchanged.

    Args:
        args: The method, if used without parentheses.
        kwargs: Options of the last release, without effect.
    """
    return _decorator(args)


def static_code(*dec_args: Any, **dec_kwargs: Any) -> Any:
    """Decorator of side effects in a static subgraph; returns the function unchanged.

    Args:
        dec_args: The function, if used without parentheses.
        dec_kwargs: Options of the last release, without effect.
    """
    return _decorator(dec_args)


def _decorator(args: tuple[Any, ...]) -> Any:
    if len(args) == 1 and callable(args[0]):
        return args[0]

    def unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    return unchanged
