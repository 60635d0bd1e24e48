"""What the routines in C++ took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy
from chainer.backends import kernels
from chainer.types import Shape

from chainer_onednn_ext._register import why_not
from chainer_onednn_ext._table import serves


class Call(NamedTuple):
    """One call of a routine in C++.

    Attributes:
        routine: Its name; ``*_last`` takes images of shape ``(B, H, W, C)``.
        shapes: Of the arrays that it took, then of those that it returned.
        seconds: The time it took.
    """

    routine: str
    shapes: tuple[Shape, ...]
    seconds: float


@contextlib.contextmanager
def profile() -> Iterator[list[Call]]:
    """Context in which every call of a routine in C++ is timed.

    What a convolution, a normalization or a rectifier does to each element is often computed together with what comes
    after it, so these calls are those of the machine, not of the functions of a network. One profile at a time, and of
    one thread: routines of other threads are recorded too.

    Returns:
        Context whose value is the list of calls, which grows while it is open.

    Raises:
        RuntimeError: There are no kernels here; the message says why.

    Example:
        >>> import chainer.functions as F, chainer_onednn_ext, numpy as np
        >>> x = np.ones((2, 16, 8, 8), np.float32)
        >>> with chainer_onednn_ext.profile() as calls:
        ...     y = F.relu(F.convolution_2d(x, np.ones((4, 16, 3, 3), np.float32))).array
        >>> [(call.routine, call.shapes) for call in calls if "forward" in call.routine]
        [('conv_forward_last', ((2, 8, 8, 16), (4, 16, 3, 3), (2, 6, 6, 4)))]
    """
    if reason := why_not():
        raise RuntimeError(f"there are no routines to profile: {reason}")
    from chainer_onednn_ext import _core

    calls: list[Call] = []
    originals = {name: value for name, value in vars(_core).items() if _is_routine(value)}
    run = _core.PendingConvolution.run

    def timed_run(pending: Any, *arguments: Any) -> Any:
        start = time.perf_counter()
        y = run(pending, *arguments)
        seconds = time.perf_counter() - start
        if y is not None:
            calls.append(Call("conv_forward_last", (*pending.shapes, y.shape), seconds))
        return y

    timed = {name: _timed(name, routine, calls) for name, routine in originals.items()}
    with contextlib.ExitStack() as stack:
        _core.PendingConvolution.run = timed_run  # type: ignore[method-assign]
        stack.callback(setattr, _core.PendingConvolution, "run", run)
        for name, routine in originals.items():
            setattr(_core, name, timed[name])
            stack.callback(setattr, _core, name, routine)
        # Some are in Chainer's table as they are.
        for kernel in kernels.NAMES:
            found = kernels.find(kernel, numpy.empty(0, numpy.float32))
            name = getattr(found, "__name__", "")
            if found is not None and found is originals.get(name):
                serves(kernel)(timed[name])
                stack.callback(_restore, kernel, originals[name])
        yield calls


def _restore(kernel: str, routine: Callable[..., Any]) -> None:
    serves(kernel)(routine)


def _is_routine(value: object) -> bool:
    return callable(value) and not isinstance(value, type)


def _timed(name: str, routine: Callable[..., Any], calls: list[Call]) -> Callable[..., Any]:
    # What it prepares is part of the forward convolution, whose shapes are known only when that runs.
    label = "conv_pack" if name == "conv_forward_last" else name

    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        result = routine(*arguments, **options)
        seconds = time.perf_counter() - start
        if result is not None:
            calls.append(Call(label, (*_shapes(arguments), *_shapes((result,))), seconds))
        return result

    timed.__name__ = timed.__qualname__ = name
    return timed


def _shapes(values: Any) -> Iterator[Shape]:
    for value in values:
        if isinstance(value, numpy.ndarray):
            yield value.shape
        elif isinstance(value, (tuple, list)):
            yield from _shapes(value)
