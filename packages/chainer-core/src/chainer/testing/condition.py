"""Tests that may fail now and then, or have to succeed again and again."""

from __future__ import annotations

import functools
import traceback
import unittest
from collections.abc import Callable
from typing import Any


class QuietTestRunner:
    """Runs a test or a suite and prints nothing."""

    def run(self, suite: unittest.TestSuite | unittest.TestCase) -> unittest.TestResult:
        """Runs it.

        Returns:
            What came of it.
        """
        result = unittest.TestResult()
        suite(result)
        return result


def repeat_with_success_at_least(times: int, min_success: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that runs a test method several times and asks for some successes.

    ``setUp`` and ``tearDown``, if there are any, run around each time. It ends as soon as the result is clear.

    Args:
        times: How many times at most.
        min_success: How many of them have to succeed.
    """
    if not 1 <= min_success <= times:
        raise ValueError(f"min_success must be from 1 to times={times}, got {min_success}")

    def decorator(f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def run(instance: Any, *args: Any, **kwargs: Any) -> None:
            errors: list[Exception] = []
            successes = 0
            while successes < min_success:
                try:
                    _attempt(instance, functools.partial(f, instance, *args, **kwargs))
                except unittest.SkipTest:
                    raise
                except Exception as error:
                    errors.append(error)
                else:
                    successes += 1
                if len(errors) > times - min_success:
                    raise AssertionError(
                        f"failed {len(errors)} times, succeeded {successes} times; needed {min_success} in {times}\n\n"
                        f"the first failure:\n{''.join(traceback.format_exception(errors[0]))}"
                    ) from errors[0]

        return run

    return decorator


def _attempt(instance: Any, f: Callable[[], Any]) -> None:
    set_up, tear_down = getattr(instance, "setUp", None), getattr(instance, "tearDown", None)
    if set_up is not None:
        set_up()
    try:
        f()
    finally:
        if tear_down is not None:
            tear_down()


def repeat(times: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that asks a test method to succeed several times in a row.

    Args:
        times: How many times.
    """
    return repeat_with_success_at_least(times, times)


def retry(times: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that asks a test method to succeed once in several times.

    Args:
        times: How many times at most.
    """
    return repeat_with_success_at_least(times, 1)
