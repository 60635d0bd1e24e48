"""From what a converter returns to the arguments of a model."""

from __future__ import annotations

from typing import Any


def as_arguments(in_arrays: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments: a tuple is spread, a dict goes by name, anything else is the only one."""
    if isinstance(in_arrays, tuple):
        return in_arrays, {}
    if isinstance(in_arrays, dict):
        return (), in_arrays
    return (in_arrays,), {}
