"""How the kernels of this package enter Chainer's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def serves(name: str) -> Callable[[Kernel], Kernel]:
    """Decorator that enters a kernel for NumPy arrays of float32."""
    # Importing Chainer loads its plug-ins, this one too, whose modules need this function already.
    from chainer.backends import kernels

    return kernels.register(name, numpy.ndarray, dtypes=("float32",))
