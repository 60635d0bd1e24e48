"""What losses of two arrays expect of them."""

from __future__ import annotations

from typing import Any

from chainer.utils import type_check


def expect_alike(in_types: Any, names: tuple[str, ...]) -> None:
    """Requires inputs of one float dtype and one shape."""
    type_check.argname(in_types, names)
    first, *others = in_types
    type_check.expect(first.dtype.kind == "f")
    for other in others:
        type_check.expect(first.dtype == other.dtype, first.shape == other.shape)
