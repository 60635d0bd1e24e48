"""One test class for each of several sets of parameters."""

from __future__ import annotations

import functools
import inspect
import itertools
import unittest
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainer.testing._bundle import Decorator, Variant, make_decorator

_MAX_LENGTH = 40  # of a value in the name of a class


def parameterize(*params: dict[str, Any]) -> Decorator:
    """Class decorator that makes a test class of each set of parameters, which become its attributes.

    It works on :class:`unittest.TestCase` classes and on plain classes for pytest. A test that fails tells
    its parameters.

    Args:
        params: Sets of parameters, often made by :func:`product`.

    Example:
        >>> import unittest
        >>> from chainer import testing
        >>> @testing.parameterize({"n": 1}, {"n": 2})
        ... class TestPower(unittest.TestCase):
        ...     def test_of_one(self):
        ...         self.assertEqual(1 ** self.n, 1)
        >>> [case.n for case in TestPower.cases]
        [1, 2]
    """

    def variants(base: type) -> Iterator[Variant]:
        for i, param in enumerate(params):
            # A function would turn into a method of the class.
            members: dict[str, Any] = {k: staticmethod(v) if inspect.isfunction(v) else v for k, v in param.items()}
            if issubclass(base, unittest.TestCase):
                members["__str__"] = _describe_with(param)
            text = ", ".join([f"{k}={_shorten(v)}" for k, v in param.items()])
            yield Variant(f"{base.__name__}_param_{i}_{{{text}}}", members, _explain_with(param))

    return make_decorator(variants)


def _describe_with(param: dict[str, Any]) -> Callable[[unittest.TestCase], str]:
    return lambda self: f"{unittest.TestCase.__str__(self)}  parameter: {param}"


def _explain_with(param: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except unittest.SkipTest:
                raise
            except Exception as error:
                error.add_note("test parameters:" + "".join([f"\n  {k}: {v}" for k, v in param.items()]))
                raise

        return run

    return wrap


def _shorten(value: Any) -> str:
    text = value.__name__ if inspect.isclass(value) or inspect.isroutine(value) else repr(value)
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 3]}..."


def parameterize_pytest(names: str, values: Sequence[Any]) -> Decorator:
    """:func:`parameterize` with the arguments of ``pytest.mark.parametrize``.

    Args:
        names: Names, separated by commas.
        values: One tuple a set of parameters; of a single name, the values themselves.
    """
    return parameterize(*from_pytest_parameterize(names, values))


def from_pytest_parameterize(names: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Turns arguments of ``pytest.mark.parametrize`` into sets of parameters.

    Example:
        >>> from chainer import testing
        >>> testing.from_pytest_parameterize("a, b", [(1, 2), (3, 4)])
        [{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]
    """
    if not isinstance(names, str):
        raise TypeError(f"names must be one string with commas, got {type(names).__name__}")
    keys = [name.strip() for name in names.split(",") if name.strip()]
    rows = [(value,) for value in values] if len(keys) == 1 else [tuple(value) for value in values]
    for row in rows:
        if len(row) != len(keys):
            raise ValueError(f"each set must have a value for each of {', '.join(keys)}, got {row}")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def product(parameter: dict[str, Sequence[Any]] | Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All combinations of values.

    Args:
        parameter: A dict of lists of values, or a list of lists of sets of parameters, which are merged.

    Returns:
        Sets of parameters; those of a dict vary fastest in the name that comes last in the alphabet.

    Example:
        >>> from chainer import testing
        >>> testing.product({"b": [1, 2], "a": ["x"]})
        [{'a': 'x', 'b': 1}, {'a': 'x', 'b': 2}]
    """
    if isinstance(parameter, dict):
        keys = sorted(parameter)
        return [dict(zip(keys, values, strict=True)) for values in itertools.product(*[parameter[k] for k in keys])]
    if isinstance(parameter, list | tuple):
        return product_dict(*parameter)
    raise TypeError(f"parameter must be either dict or list. Actual: {type(parameter)}")


def product_dict(*parameters: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All combinations of sets of parameters, one of each list, merged.

    Example:
        >>> from chainer import testing
        >>> testing.product_dict([{"a": 1}, {"a": 2}], [{"b": 3}])
        [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    return [{k: v for param in params for k, v in param.items()} for params in itertools.product(*parameters)]
