"""What the suites of the math family share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward


@pytest.fixture
def check_gradients(rng: np.random.Generator) -> Callable[..., None]:
    """Checks first and second derivatives of a function of float64 arrays, along random directions."""

    def check(function: Callable[..., Any], *xs: np.ndarray, eps: float = 1e-4, atol: float = 1e-5) -> None:
        ys = function(*xs)
        ys = ys if isinstance(ys, tuple) else (ys,)
        gys = [rng.normal(size=y.shape) for y in ys]
        ggxs = [rng.normal(size=x.shape) for x in xs]
        check_backward(function, xs, gys, eps=eps, atol=atol, rtol=1e-4)
        # A linear function has no second derivative to compare: its square has.
        check_double_backward(squared(function), xs, gys, ggxs, eps=eps, atol=atol, rtol=1e-3)

    def squared(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*xs: Any) -> Any:
            ys = function(*xs)
            return tuple([y * y for y in ys]) if isinstance(ys, tuple) else ys * ys

        return call

    return check
