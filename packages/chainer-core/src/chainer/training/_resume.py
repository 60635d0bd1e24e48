"""Reading snapshots that were written before a value was part of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.serializer import AbstractSerializer, Serializer


def optional(serializer: AbstractSerializer, key: str, value: Any) -> Any:
    """As ``serializer(key, value)``, but a file that lacks the key leaves the value as it is."""
    try:
        return serializer(key, value)
    except KeyError:
        return value


def optional_child(child: Any, serializer: AbstractSerializer) -> None:
    """Serializes ``child`` if it can be; a file that lacks its keys leaves it as it is."""
    serialize: Callable[[AbstractSerializer], None] | None = getattr(child, "serialize", None)
    if serialize is None:
        return
    try:
        serialize(serializer)
    except KeyError:
        if isinstance(serializer, Serializer):
            raise


def number(serializer: AbstractSerializer, key: str, value: float | None) -> Any:
    """As ``serializer(key, value)`` for a number of any type, or ``None``, whatever the file holds of these."""
    if isinstance(serializer, Serializer):
        return serializer(key, value)
    stored = serializer(key, None if value is None else float(value))
    return stored.item() if hasattr(stored, "item") else stored


def optional_number(serializer: AbstractSerializer, key: str, value: float | None) -> Any:
    """As :func:`number`, but a file that lacks the key leaves the value as it is."""
    try:
        return number(serializer, key, value)
    except KeyError:
        return value
