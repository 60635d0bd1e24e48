"""What normalisations share about initial values."""

from __future__ import annotations

import copy
from typing import Any


def with_dtype(initializer: Any, dtype: Any) -> Any:
    """``initializer`` with a dtype, unless it names one: statistics may need a higher precision than weights."""
    if getattr(initializer, "dtype", None) is not None:
        return initializer
    initializer = copy.copy(initializer)  # the caller's may serve other links
    initializer.dtype = dtype
    return initializer
