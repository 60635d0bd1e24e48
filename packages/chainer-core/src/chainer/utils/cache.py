"""Properties that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.configuration import config


class cached_property:
    """A read-only property that is computed once an object, and once more without backprop.

    Values computed with and without :data:`chainer.config.enable_backprop` are kept apart, so that a graph that was not
    recorded is not handed out where one is needed.

    Args:
        func: Method that computes the value.

    Example:
        >>> from chainer.utils.cache import cached_property
        >>> class Circle:
        ...     def __init__(self, radius):
        ...         self.radius = radius
        ...     @cached_property
        ...     def area(self):
        ...         print("computing")
        ...         return 3.14 * self.radius ** 2
        >>> circle = Circle(1)
        >>> circle.area, circle.area
        computing
        (3.14, 3.14)
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        self.func = func
        self.__doc__ = func.__doc__
        self.__name__ = func.__name__

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        if obj is None:
            return self
        values = vars(obj).setdefault(self.__name__, {})
        key = bool(config.enable_backprop)
        if key not in values:
            values[key] = self.func(obj)
        return values[key]

    def __set__(self, obj: Any, value: Any) -> None:
        raise AttributeError(f"attribute {self.__name__!r} of {type(obj).__name__} is read-only")
