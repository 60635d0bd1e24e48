"""How often a kernel left its work to the plain body, and how often images changed their layout."""

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

declined: Counter[str] = Counter()
"""By the name of the kernel: how often it was asked for what it does not do, so that plain NumPy did it."""

reorders: Counter[str] = Counter()
"""``"to channels-last"`` and ``"to plain"``: how often images were brought into another layout."""


def counted(name: str, routine: Callable[..., Any]) -> Callable[..., Any]:
    """The routine of a kernel, which notes when it returns ``None``: then the plain body does the work."""

    @functools.wraps(routine)
    def kernel(*arguments: Any) -> Any:
        result = routine(*arguments)
        if result is None:
            declined[name] += 1
        return result

    return kernel
