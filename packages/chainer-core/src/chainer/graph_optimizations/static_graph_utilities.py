"""Published path of :func:`chainer.static_code`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer._static_graph import static_code as static_code


def static_forward_optimizations(func: Callable[..., Any], inputs: Any) -> Any:
    """Calls a function's forward on its inputs: there is no schedule that could be optimised.

    Args:
        func: Function of the input arrays.
        inputs: Tuple of arrays.
    """
    return func(inputs)
