"""Tests of kernels need the module in C++, which an installation without a compiler leaves out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from chainer_onednn_ext._register import why_not

REASON = why_not()
if REASON:  # these import it; what they hold has no examples to run
    collect_ignore = [str(path) for path in Path(__file__).parent.glob("src/chainer_onednn_ext/[!_]*.py")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not REASON:
        return
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("ideep"):
            item.add_marker(pytest.mark.skip(reason=REASON))


def transposed(x: np.ndarray) -> np.ndarray:
    """The same values, lying in Fortran order."""
    return np.asfortranarray(x)


def unaligned(x: np.ndarray) -> np.ndarray:
    """The same values, one byte off the boundaries of floats."""
    memory = np.empty(x.nbytes + 1, np.uint8)[1:]
    y = memory.view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


@pytest.fixture(params=[np.ascontiguousarray, transposed, unaligned], ids=lambda f: f.__name__)
def lay(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    """Puts an array into memory in one of several ways."""
    return request.param
