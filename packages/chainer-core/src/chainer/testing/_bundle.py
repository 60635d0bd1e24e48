"""Test classes made of test classes: what ``parameterize`` and its kin are built with."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias


class Variant(NamedTuple):
    """What makes a class out of a base class."""

    name: str
    members: dict[str, Any]
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None  # applied to each test method


Decorator: TypeAlias = Callable[[Any], Any]


class TestBundle:
    """Several classes that came of one, in its place: decorators further up apply to each of them.

    Attributes:
        cases: The classes. Each is an attribute of the module of the original class, where test runners find it.
    """

    __test__ = False  # to pytest, this is no test class itself

    def __init__(self, name: str, cases: Iterable[type]) -> None:
        self.__name__ = name
        self.cases = list(cases)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refused; pytest takes nothing but what can be called for something to mark."""
        raise TypeError(f"{self.__name__} was made into several classes, see its attribute cases")

    @property
    def pytestmark(self) -> list[Any]:
        """Marks of pytest that are set on the bundle: they go to its classes."""
        return []

    @pytestmark.setter
    def pytestmark(self, marks: list[Any]) -> None:
        for case in self.cases:
            case.pytestmark = [*getattr(case, "pytestmark", []), *marks]  # type: ignore[attr-defined]


class Abstract:
    """Base of test classes that are there to be derived from: runners leave them alone, but not their subclasses."""

    __test__ = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__test__" not in vars(cls):
            cls.__test__ = True


def for_each_class(decorate: Callable[[Any], Any]) -> Decorator:
    """Lets a decorator of functions and classes be applied to bundles, too; classes are changed in place."""

    @functools.wraps(decorate)
    def decorator(target: Any) -> Any:
        if not isinstance(target, TestBundle):
            return decorate(target)
        for case in target.cases:
            decorate(case)
        return target

    return decorator


def make_decorator(variants: Callable[[type], Iterable[Variant]]) -> Decorator:
    """Makes a class decorator out of a function that tells the variants of a class.

    Args:
        variants: Takes the class (which is left alone) and yields a :class:`Variant` for each class to derive.

    Returns:
        A decorator of a class, or of what another such decorator returned.
    """

    def decorator(target: Any) -> TestBundle:
        if isinstance(target, TestBundle):
            bases = target.cases
            for base in bases:
                delattr(sys.modules[base.__module__], base.__name__)
        else:
            bases = [target]
        cases = [_derive(base, variant) for base in bases for variant in variants(base)]
        for case in cases:
            setattr(sys.modules[case.__module__], case.__name__, case)
        return TestBundle(target.__name__, cases)

    return decorator


def test_method_names(cls: type) -> list[str]:
    """Names of the test methods of a class, inherited ones included."""
    return [name for name in dir(cls) if name.startswith("test") and callable(getattr(cls, name))]


def _derive(base: type, variant: Variant) -> type:
    members = {"__module__": base.__module__, "__qualname__": variant.name, "__doc__": base.__doc__, **variant.members}
    if variant.wrap is not None:
        for name in test_method_names(base):
            members.setdefault(name, variant.wrap(getattr(base, name)))
    return type(variant.name, (base,), members)
