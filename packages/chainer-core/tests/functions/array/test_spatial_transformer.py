"""Tests of the two halves of a spatial transformer."""

from __future__ import annotations

import math

import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType


def _sampled(x: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """A loop over points and neighbours; outside there are zeros."""
    b, c, h, w = x.shape
    y = np.zeros((b, c, *grid.shape[2:]))
    for n, i, j in np.ndindex(b, *grid.shape[2:]):
        u, v = (grid[n, 0, i, j] + 1) * (w - 1) / 2, (grid[n, 1, i, j] + 1) * (h - 1) / 2
        for row in (math.floor(v), math.floor(v) + 1):
            for column in (math.floor(u), math.floor(u) + 1):
                if 0 <= row < h and 0 <= column < w:
                    y[n, :, i, j] += x[n, :, row, column] * (1 - abs(u - column)) * (1 - abs(v - row))
    return y


@pytest.mark.parametrize("reach", [0.9, 1.5, 4])
def test_sampler_matches_a_loop_with_gradients(reach: float, rng) -> None:
    x, grid = rng.uniform(-1, 1, (2, 3, 4, 5)), rng.uniform(-reach, reach, (2, 2, 3, 2))
    np.testing.assert_allclose(F.spatial_transformer_sampler(x, grid).array, _sampled(x, grid), atol=1e-12)
    gy = rng.uniform(-1, 1, (2, 3, 3, 2))
    options = {"eps": 1e-5, "atol": 1e-4, "rtol": 1e-4}
    check_backward(F.spatial_transformer_sampler, (x, grid), gy, **options)
    ggs = tuple(rng.uniform(-1, 1, v.shape) for v in (x, grid))
    check_double_backward(F.spatial_transformer_sampler, (x, grid), gy, ggs, **options)
    check_double_backward(lambda g: F.spatial_transformer_sampler(x, g), grid, gy, ggs[1], **options)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_keep_the_dtype(dtype: str, rng) -> None:
    theta = rng.uniform(-1, 1, (2, 2, 3)).astype(dtype)
    grid = F.spatial_transformer_grid(theta, (3, 2))
    assert grid.dtype == dtype
    x = rng.uniform(-1, 1, (2, 4, 4, 3)).astype(dtype).transpose(0, 3, 1, 2)
    y = F.spatial_transformer_sampler(x, grid)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.array, _sampled(x, grid.array), atol=2e-2 if dtype == "float16" else 1e-5)


def test_grid_maps_coordinates_with_gradients(rng) -> None:
    theta = rng.uniform(-1, 1, (2, 2, 3))
    grid = F.spatial_transformer_grid(theta, (3, 4)).array
    for i, y in enumerate([-1, 0, 1]):
        for j, x in enumerate([-1, -1 / 3, 1 / 3, 1]):
            np.testing.assert_allclose(grid[:, :, i, j], theta @ [x, y, 1], atol=1e-12)
    gy, ggx = rng.uniform(-1, 1, grid.shape), rng.uniform(-1, 1, theta.shape)
    check_backward(lambda t: F.spatial_transformer_grid(t, (3, 4)), theta, gy, atol=1e-6, rtol=1e-6)
    check_double_backward(lambda t: F.spatial_transformer_grid(t, (3, 4)) ** 2, theta, gy, ggx, atol=1e-5, rtol=1e-5)


def test_the_identity_changes_nothing(rng) -> None:
    x = rng.uniform(-1, 1, (1, 2, 3, 4)).astype("float32")
    grid = F.spatial_transformer_grid(np.array([[[1, 0, 0], [0, 1, 0]]], np.float32), (3, 4))
    np.testing.assert_allclose(F.spatial_transformer_sampler(x, grid).array, x, atol=1e-6)


def test_empty_batches() -> None:
    grid = F.spatial_transformer_grid(np.zeros((0, 2, 3), np.float32), (2, 2))
    assert F.spatial_transformer_sampler(np.zeros((0, 1, 3, 3), np.float32), grid).shape == (0, 1, 2, 2)


X, GRID, THETA = np.zeros((1, 1, 2, 2), "f"), np.zeros((1, 2, 2, 2), "f"), np.zeros((1, 2, 3), "f")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.spatial_transformer_grid(THETA[:, :, :2], (2, 2)), InvalidType, r"theta.shape\[2\] == 3"),
        (lambda: F.spatial_transformer_grid(THETA[0], (2, 2)), InvalidType, "theta.ndim == 3"),
        (lambda: F.spatial_transformer_grid(THETA.astype(int), (2, 2)), InvalidType, "theta.dtype.kind == f"),
        (lambda: F.spatial_transformer_grid(THETA, (2, 2), use_cudnn=True), ValueError, "use_cudnn"),
        (lambda: F.spatial_transformer_grid(THETA, (2, 2), foo=1), TypeError, "foo"),
        (lambda: F.spatial_transformer_sampler(X, GRID[:, :1]), InvalidType, r"grid.shape\[1\] == 2"),
        (lambda: F.spatial_transformer_sampler(X, GRID.astype("d")), InvalidType, "grid.dtype == x.dtype"),
        (lambda: F.spatial_transformer_sampler(X, GRID, use_cudnn=True), ValueError, "use_cudnn"),
    ],
)
def test_refuse(call, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()
