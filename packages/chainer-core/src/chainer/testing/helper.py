"""Conditions on what is installed, warnings and mocks."""

from __future__ import annotations

import contextlib
import importlib.metadata
import sys
import unittest
import unittest.mock
import warnings
from collections.abc import Iterator
from typing import Any

from chainer.testing._bundle import Decorator, for_each_class


def installed(*requirements: str) -> bool:
    """Whether all given distributions are installed, in the given versions.

    Args:
        requirements: As for pip, such as ``"scipy>=1.13"``.

    Example:
        >>> from chainer.testing.helper import installed
        >>> installed("numpy>=2"), installed("numpy>=2", "numpy<1")
        (True, False)
    """
    try:
        from packaging.requirements import Requirement
    except ImportError as error:
        raise RuntimeError(
            "reading requirements needs packaging, which comes with pytest: pip install pytest"
        ) from error
    for text in requirements:
        requirement = Requirement(text)
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if not requirement.specifier.contains(version, prereleases=True):
            return False
    return True


def with_requires(*requirements: str) -> Decorator:
    """Decorator that skips a test, or all of a class, unless all given distributions are installed.

    Args:
        requirements: As for pip, such as ``"scipy>=1.13"``.
    """
    return for_each_class(unittest.skipUnless(installed(*requirements), f"requires: {', '.join(requirements)}"))


def without_requires(*requirements: str) -> Decorator:
    """Decorator that skips a test, or all of a class, if all given distributions are installed.

    Args:
        requirements: As for pip, such as ``"scipy>=1.13"``.
    """
    return for_each_class(unittest.skipIf(installed(*requirements), f"requires not: {', '.join(requirements)}"))


@contextlib.contextmanager
def assert_warns(expected: type[Warning]) -> Iterator[None]:
    """Asserts that a warning is given inside a ``with`` block, whatever the filters; others are passed on.

    Args:
        expected: Its category.

    Raises:
        AssertionError: There was none.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    others = [w for w in caught if not issubclass(w.category, expected)]
    for w in others:
        warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)
    if len(others) == len(caught):
        raise AssertionError(f"no {expected.__name__} was given")


def patch(target: str, *args: Any, **kwargs: Any) -> Any:
    """:func:`unittest.mock.patch` whose mock calls what it stands for, unless told otherwise.

    Args:
        target: Full name of what to replace, such as ``"numpy.linalg.svd"``.
        args: As for :func:`unittest.mock.patch`.
        kwargs: Likewise.

    Example:
        >>> import os
        >>> from chainer import testing
        >>> with testing.patch("os.getpid") as getpid:
        ...     assert os.getpid() > 0
        >>> getpid.call_count
        1
    """
    if not args and "new" not in kwargs and "wraps" not in kwargs:
        import pkgutil

        kwargs["wraps"] = pkgutil.resolve_name(target)
    return unittest.mock.patch(target, *args, **kwargs)


def run_module(name: str, file: str) -> None:
    """Runs the tests of a file with pytest if it is the main program; stands in its last line.

    Args:
        name: ``__name__`` of the file.
        file: Its ``__file__``.
    """
    if name == "__main__":
        import pytest

        raise SystemExit(pytest.main([file, *sys.argv[1:]]))
