"""What tests of function families ask of each function."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from chainer.backends.cuda import to_cpu
from chainer.gradient_check import check_backward, check_double_backward

TOLERANCE = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-9}


def _strided(x: np.ndarray) -> np.ndarray:
    """The same values, every other element of a larger array."""
    return np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x


def _cast(x: np.ndarray, dtype: str) -> np.ndarray:
    return x.astype(dtype) if x.dtype.kind == "f" else x


@pytest.fixture
def assert_computes(xp: ModuleType) -> Callable[..., None]:
    """Compares a function with a definition on float64 arrays: each float dtype, contiguous arrays and not."""

    def check(function: Callable[..., Any], reference: Callable[..., Any], *arrays: np.ndarray) -> None:
        for dtype, tolerance in TOLERANCE.items():
            given = [_cast(x, dtype) for x in arrays]
            expected = reference(*[_cast(x, "float64") for x in given])
            for layout in (np.ascontiguousarray, _strided):
                y = function(*[xp.asarray(layout(x)) for x in given])
                assert y.dtype == dtype
                assert y.shape == expected.shape
                np.testing.assert_allclose(to_cpu(y.array), expected, rtol=tolerance, atol=tolerance)

    return check


@pytest.fixture
def assert_differentiates(xp: ModuleType, rng: np.random.Generator) -> Callable[..., None]:
    """Compares first and second gradients with differences, by all arrays of a float dtype."""

    def check(function: Callable[..., Any], *arrays: np.ndarray, twice: bool = True, eps: float = 1e-3) -> None:
        is_float = [x.dtype.kind == "f" for x in arrays]

        def of_floats(*variables: Any) -> Any:
            rest = iter(variables)
            return function(*[next(rest) if f else xp.asarray(x) for f, x in zip(is_float, arrays)])

        xs = tuple(xp.asarray(x) for x, f in zip(arrays, is_float) if f)
        gy = xp.asarray(rng.uniform(-1, 1, function(*[xp.asarray(x) for x in arrays]).shape))
        tolerances = {"eps": eps, "atol": 1e-4, "rtol": 1e-3, "dtype": np.float64}
        check_backward(of_floats, xs, gy, **tolerances)
        if twice:
            ggxs = tuple(xp.asarray(rng.uniform(-1, 1, x.shape)) for x in xs)
            check_double_backward(of_floats, xs, gy, ggxs, **tolerances)

    return check
