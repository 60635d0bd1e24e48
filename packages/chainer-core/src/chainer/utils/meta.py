"""Methods that subclasses must not override."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def final(*args: Any, **kwargs: Any) -> Any:
    """Decorator that forbids overriding a method in subclasses of an :func:`enable_final` class.

    Args:
        action: Called with the offending function instead of raising, if given.
    """

    def mark(method: Any) -> Any:
        method._override_action = kwargs.get("action")
        method._is_final = True
        return method

    return mark(args[0]) if args else mark


class _FinalMeta(type):
    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
        for attribute, value in namespace.items():
            for base in bases:
                inherited = getattr(base, attribute, None)
                if not getattr(inherited, "_is_final", False):
                    continue
                action: Callable[[Any], None] | None = getattr(inherited, "_override_action", None)
                if action is None:
                    raise TypeError(
                        f"method {attribute!r} of {base.__name__} is final and cannot be overridden in {name}"
                    )
                action(value)
        return super().__new__(mcs, name, bases, namespace)


def enable_final(base: Any = (), meta_base: Any = ()) -> Any:
    """Base class in whose subclasses :func:`final` is enforced.

    Args:
        base: Other base classes.
        meta_base: Other metaclasses.
    """
    bases = base if isinstance(base, tuple) else (base,)
    meta_bases = meta_base if isinstance(meta_base, tuple) else (meta_base,)
    meta = type("_EnableFinalMeta", (_FinalMeta, *meta_bases), {}) if meta_bases else _FinalMeta
    return meta("_EnableFinal", bases, {})
