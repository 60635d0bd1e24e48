"""Tests of resizing images, against a loop over pixels."""

from __future__ import annotations

import math

import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

SIZES = [((2, 3), (5, 4)), ((5, 4), (2, 3)), ((3, 3), (1, 1)), ((1, 1), (2, 3)), ((4, 4), (4, 4))]
OPTIONS = [("bilinear", True), ("bilinear", False), ("nearest", True)]


def _source(i: int, n_in: int, n_out: int, mode: str, align_corners: bool) -> float:
    if mode == "nearest":
        return i * n_in // n_out
    if align_corners:
        return i * (n_in - 1) / (n_out - 1) if n_out > 1 else 0
    return max((i + 0.5) * n_in / n_out - 0.5, 0)


def _resized(x: np.ndarray, size: tuple[int, int], mode: str, align_corners: bool) -> np.ndarray:
    h, w = x.shape[2:]
    y = np.empty((*x.shape[:2], *size))
    for i in range(size[0]):
        for j in range(size[1]):
            v = _source(i, h, size[0], mode, align_corners)
            u = _source(j, w, size[1], mode, align_corners)
            v0, u0 = math.floor(v), math.floor(u)
            v1, u1 = min(v0 + 1, h - 1), min(u0 + 1, w - 1)
            above = x[:, :, v0, u0] * (1 - u + u0) + x[:, :, v0, u1] * (u - u0)
            below = x[:, :, v1, u0] * (1 - u + u0) + x[:, :, v1, u1] * (u - u0)
            y[:, :, i, j] = above * (1 - v + v0) + below * (v - v0)
    return y


@pytest.mark.parametrize(("mode", "align_corners"), OPTIONS)
@pytest.mark.parametrize(("in_size", "out_size"), SIZES)
def test_matches_a_loop_with_gradients(in_size, out_size, mode: str, align_corners: bool, rng) -> None:
    x = rng.uniform(-1, 1, (2, 3, *in_size))

    def function(x):
        return F.resize_images(x, out_size, mode=mode, align_corners=align_corners)

    np.testing.assert_allclose(function(x).array, _resized(x, out_size, mode, align_corners), atol=1e-12)
    gy = rng.uniform(-1, 1, (2, 3, *out_size))
    check_backward(function, x, gy, atol=1e-6, rtol=1e-6)
    check_double_backward(function, x, gy, rng.uniform(-1, 1, x.shape), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_keeps_the_dtype(dtype: str, rng) -> None:
    x = rng.uniform(-1, 1, (1, 2, 3, 6)).astype(dtype)[..., ::2]
    y = F.resize_images(x, (4, 4))
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.array, _resized(x, (4, 4), "bilinear", True), atol=1e-2 if dtype == "float16" else 1e-6
    )
    check_backward(lambda x: F.resize_images(x, (4, 4)), x, y.array, dtype="float64", atol=1e-3, rtol=1e-3)


def test_the_same_size_changes_nothing(rng) -> None:
    x = rng.uniform(-1, 1, (2, 1, 3, 4)).astype("float32")
    for mode, align_corners in OPTIONS:
        np.testing.assert_array_equal(F.resize_images(x, (3, 4), mode=mode, align_corners=align_corners).array, x)


def test_an_empty_batch() -> None:
    assert F.resize_images(np.zeros((0, 1, 2, 2), np.float32), (3, 3)).shape == (0, 1, 3, 3)


@pytest.mark.parametrize(
    ("kwargs", "match"), [({"mode": "cubic"}, "mode must be"), ({"output_shape": (0, 3)}, "two positive ints")]
)
def test_refuses_values(kwargs, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        F.resize_images(np.zeros((1, 1, 2, 2), np.float32), **{"output_shape": (2, 2), **kwargs})


@pytest.mark.parametrize("x", [np.zeros((1, 1, 2, 2), int), np.zeros((1, 2, 2), "f")], ids=["integers", "3 axes"])
def test_refuses_types(x: np.ndarray) -> None:
    with pytest.raises(InvalidType, match="x"):
        F.resize_images(x, (2, 2))
