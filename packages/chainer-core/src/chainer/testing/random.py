"""Random numbers that are the same in each run of a test."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy

from chainer.backends import cuda
from chainer.testing._bundle import Decorator, for_each_class

_SEED = 100
_saved: list[tuple[Any, Any]] = []  # states of the generators of Python and NumPy, one for each level of nesting


def do_setup(deterministic: bool = True) -> None:
    """Puts the generators of Python, NumPy and CuPy into a known state, until :func:`do_teardown`.

    Args:
        deterministic: ``False`` for an unpredictable state.
    """
    _saved.append((random.getstate(), numpy.random.get_state()))
    seed = _SEED if deterministic else None
    random.seed(seed)
    numpy.random.seed(seed)
    if cuda.available:  # pragma: no cover - needs a GPU
        cuda.cupy.random.seed(seed)


def do_teardown() -> None:
    """Puts the generators of Python and NumPy back into the state before :func:`do_setup`."""
    python_state, numpy_state = _saved.pop()
    random.setstate(python_state)
    numpy.random.set_state(numpy_state)


def generate_seed() -> int:
    """A seed for a generator of a test's own, inside :func:`fix_random`.

    Raises:
        RuntimeError: It is not inside, so that the seed would differ from run to run.
    """
    if not _saved:
        raise RuntimeError(
            "generate_seed() draws a repeatable seed only inside a test class with @testing.fix_random()"
        )
    return int(numpy.random.randint(0x7FFFFFFF))


def fix_random(*, setup_method: str = "setUp", teardown_method: str = "tearDown") -> Decorator:
    """Class decorator that puts the generators of random numbers into a known state before each test.

    Args:
        setup_method: Name of the method that runs before each test; ``"setup_method"`` in a plain class for pytest.
        teardown_method: Name of the method that runs after it; ``"teardown_method"`` in a plain class for pytest.
    """

    def decorate(cls: Any) -> Any:
        set_up = getattr(cls, setup_method, _do_nothing)
        tear_down = getattr(cls, teardown_method, _do_nothing)

        @functools.wraps(set_up)
        def fixed_set_up(self: Any, *args: Any, **kwargs: Any) -> None:
            do_setup()
            try:
                set_up(self, *args, **kwargs)
            except BaseException:  # then the other one is not called
                do_teardown()
                raise

        @functools.wraps(tear_down)
        def fixed_tear_down(self: Any, *args: Any, **kwargs: Any) -> None:
            try:
                tear_down(self, *args, **kwargs)
            finally:
                do_teardown()

        setattr(cls, setup_method, fixed_set_up)
        setattr(cls, teardown_method, fixed_tear_down)
        return cls

    return for_each_class(decorate)


def _do_nothing(self: Any) -> None:
    pass
