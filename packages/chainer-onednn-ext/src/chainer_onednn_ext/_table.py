"""How the kernels of this package enter Chainer's table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy

from chainer_onednn_ext._counters import declined

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def serves(name: str) -> Callable[[Kernel], Kernel]:
    """Decorator that enters a kernel for NumPy arrays of float32."""
    # Importing Chainer loads its plug-ins, this one too, whose modules need this function already.
    from chainer.backends import kernels

    return kernels.register(name, numpy.ndarray, dtypes=("float32",))


def offers(name: str, routine: Callable[..., Any]) -> Callable[..., Any]:
    """Enters a routine in C++; where it returns ``None``, that is counted and the plain body does the work."""

    def kernel(*args: Any) -> Any:
        result = routine(*args)
        if result is None:
            declined[name] += 1
        return result

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__module__ = sys._getframe(1).f_globals["__name__"]  # by which the table tells where it is from
    return serves(name)(kernel)
