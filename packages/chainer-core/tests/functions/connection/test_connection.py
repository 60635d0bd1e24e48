"""The other functions that connect units: affine and bilinear maps, tables of vectors, special convolutions."""

from __future__ import annotations

import itertools

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils.type_check import InvalidType


def shift(x, kh, kw, dy, dx):
    offsets = list(itertools.product(range(kh // 2, -kh // 2, -1), range(kw // 2, -kw // 2, -1)))
    centre = len(offsets) // 2
    offsets[centre], offsets[-1] = offsets[-1], (0, 0)
    size = x.shape[1] // len(offsets)
    y = np.zeros_like(x)
    for c, i, j in itertools.product(*map(range, x.shape[1:])):
        down, right = offsets[min(c // size, len(offsets) - 1)]
        if 0 <= i + down * dy < x.shape[2] and 0 <= j + right * dx < x.shape[3]:
            y[:, c, i, j] = x[:, c, i + down * dy, j + right * dx]
    return y


def local_convolution(x, W, b, sy, sx):
    y = np.zeros((len(x), *W.shape[:3]))
    for i, j in itertools.product(*map(range, W.shape[1:3])):
        window = x[:, :, i * sy : i * sy + W.shape[4], j * sx : j * sx + W.shape[5]]
        y[:, :, i, j] = np.einsum("bcuv,ocuv->bo", window, W[:, i, j])
    return y + b


def deformable(x, offset, W, b, stride, pad):
    n_out, _, kh, kw = W.shape
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])

    def pixel(n, i, j):
        inside = 0 <= i < x.shape[2] and 0 <= j < x.shape[3]
        return x[n, :, int(i), int(j)] if inside else np.zeros(x.shape[1])

    y = np.zeros((len(x), n_out, *offset.shape[2:]))
    for n, i, j, k in itertools.product(range(len(x)), *map(range, offset.shape[2:]), range(kh * kw)):
        u, v = divmod(k, kw)
        row, column = i * stride + u + offset[n, kh * kw + k, i, j], j * stride + v + offset[n, k, i, j]
        top, left = np.floor(row), np.floor(column)
        value = sum(
            pixel(n, top + a, left + c) * (1 - abs(row - top - a)) * (1 - abs(column - left - c))
            for a in (0, 1)
            for c in (0, 1)
        )
        y[n, :, i, j] += W[:, :, u, v] @ value
    return y + b.reshape(-1, 1, 1)


IDS = np.array([[3, 0], [0, 2], [-1, 0]], "int32")
CASES = {
    "linear": (F.linear, lambda x, W, b: x @ W.T + b, [(3, 4), (5, 4), 5]),
    "linear without bias": (F.linear, lambda x, W: x @ W.T, [(3, 4), (5, 4)]),
    "linear flattens": (F.linear, lambda x, W: x.reshape(3, 4) @ W.T, [(3, 2, 2), (5, 4)]),
    "linear with two batch axes": (
        lambda x, W, b: F.linear(x, W, b, n_batch_axes=2),
        lambda x, W, b: x.reshape(2, 3, 4) @ W.T + b,
        [(2, 3, 2, 2), (5, 4), 5],
    ),
    "bilinear": (F.bilinear, lambda a, b, W: np.einsum("bj,bk,jkl->bl", a, b, W), [(3, 2), (3, 4), (2, 4, 5)]),
    "bilinear with linear parts": (
        F.bilinear,
        lambda e1, e2, W, V1, V2, b: (
            np.einsum("bj,bk,jkl->bl", e1.reshape(3, 4), e2, W) + e1.reshape(3, 4) @ V1 + e2 @ V2 + b
        ),
        [(3, 2, 2), (3, 2), (4, 2, 5), (4, 5), (2, 5), 5],
    ),
    "embed_id": (lambda W: F.embed_id(IDS[:2], W), lambda W: W[IDS[:2]], [(4, 3)]),
    "embed_id with ignore_label": (
        lambda W: F.embed_id(IDS, W, ignore_label=-1),
        lambda W: W[IDS] * (IDS != -1)[..., None],
        [(4, 3)],
    ),
    "embed_id ignoring a valid label": (
        lambda W: F.embed_id(IDS[:2], W, ignore_label=0),
        lambda W: W[IDS[:2]] * (IDS[:2] != 0)[..., None],
        [(4, 3)],
    ),
    "shift": (F.shift, lambda x: shift(x, 3, 3, 1, 1), [(2, 20, 4, 5)]),
    "shift, wide and dilated": (
        lambda x: F.shift(x, ksize=(1, 5), dilate=(1, 2)),
        lambda x: shift(x, 1, 5, 1, 2),
        [(2, 6, 3, 7)],
    ),
    "depthwise": (
        lambda x, W, b: F.depthwise_convolution_2d(x, W, b, stride=2, pad=1),
        lambda x, W, b: (
            np.stack(
                [
                    np.einsum(
                        "bcuv,mcuv->bcm",
                        np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3],
                        W,
                    )
                    for i in range(3)
                    for j in range(2)
                ],
                -1,
            ).reshape(2, 6, 3, 2)
            + b.reshape(6, 1, 1)
        ),
        [(2, 3, 5, 4), (2, 3, 3, 3), 6],
    ),
    "dilated": (
        lambda x, W: F.dilated_convolution_2d(x, W, dilate=(2, 3)),
        lambda x, W: F.convolution_2d(x, W, dilate=(2, 3)).array,
        [(2, 3, 7, 8), (4, 3, 2, 2)],
    ),
    "local": (
        lambda x, W, b: F.local_convolution_2d(x, W, b, stride=(1, 2)),
        lambda x, W, b: local_convolution(x, W, b, 1, 2),
        [(2, 3, 5, 6), (4, 3, 2, 3, 3, 3), (4, 3, 2)],
    ),
    "deformable": (
        lambda x, o, W, b: F.deformable_convolution_2d_sampler(x, o, W, b, stride=2, pad=1),
        lambda x, o, W, b: deformable(x, o, W, b, 2, 1),
        [(2, 3, 5, 6), (2, 12, 2, 3), (4, 3, 3, 2), 4],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_matches_definition(rng, assert_computes, name):
    function, reference, shapes = CASES[name]
    assert_computes(function, reference, *[rng.uniform(-1, 1, shape) for shape in shapes])


@pytest.mark.parametrize("name", CASES)
def test_gradients(rng, assert_differentiates, name):
    function, _, shapes = CASES[name]
    # Away from whole numbers, where interpolation has kinks.
    assert_differentiates(function, *[rng.uniform(0.1, 0.9, shape) for shape in shapes])


def test_linear_of_empty_batches():
    W, b = np.ones((5, 4), "f"), np.ones(5, "f")
    assert F.linear(np.ones((0, 4), "f"), W, b).shape == (0, 5)
    assert F.linear(np.ones((2, 0, 4), "f"), W, b, n_batch_axes=2).shape == (2, 0, 5)


@pytest.mark.parametrize(("data", "weight"), [("float16", "float32"), ("float32", "float16")])
def test_linear_keeps_the_dtype_of_its_data(data, weight):
    x, W = chainer.Variable(np.ones((2, 3), data)), chainer.Variable(np.ones((4, 3), weight))
    y = F.linear(x, W, np.ones(4, data))
    y.grad = y.array
    y.backward()
    assert (y.dtype, x.grad.dtype, W.grad.dtype) == (data, data, weight)


def test_embed_id_adds_up_what_is_looked_up_twice():
    W = chainer.Variable(np.zeros((3, 2), "f"))
    F.sum(F.embed_id(np.array([1, 1, 0, 1]), W)).backward()
    np.testing.assert_array_equal(W.grad, [[1, 1], [3, 3], [0, 0]])


def test_shift_leaves_the_centre_alone():
    x = np.arange(11 * 9, dtype="f").reshape(1, 11, 3, 3)
    np.testing.assert_array_equal(F.shift(x).array[:, 8:], x[:, 8:])


def test_shift_beyond_the_image_gives_zeros():
    x = np.ones((1, 3, 2, 2), "f")
    np.testing.assert_array_equal(F.shift(x, ksize=(3, 1), dilate=5).array[0, :2], 0)


def test_deformable_convolution_without_offsets_is_convolution(rng):
    x, W, b = rng.uniform(-1, 1, (2, 3, 5, 6)), rng.uniform(-1, 1, (4, 3, 3, 2)), rng.uniform(-1, 1, 4)
    y = F.convolution_2d(x, W, b, stride=2, pad=1)
    offset = np.zeros((2, 12, *y.shape[2:]))
    np.testing.assert_allclose(F.deformable_convolution_2d_sampler(x, offset, W, b, stride=2, pad=1).array, y.array)


ONES = np.ones((2, 3), "f")


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (InvalidType, r"x.shape\[1\] == W.shape\[1\]", lambda: F.linear(ONES, np.ones((4, 2), "f"))),
        (InvalidType, "x.ndim == 2", lambda: F.linear(ONES[0], ONES)),
        (InvalidType, "W.ndim == 2", lambda: F.linear(ONES, ONES[0])),
        (InvalidType, "e1.ndim >= 2", lambda: F.bilinear(ONES[0], ONES, np.ones((3, 3, 1), "f"))),
        (InvalidType, "x.ndim == 4", lambda: F.shift(ONES)),
        (InvalidType, "W.ndim == 6", lambda: F.local_convolution_2d(np.ones((1, 1, 4, 4), "f"), ONES)),
        (InvalidType, "b.dtype == x.dtype", lambda: F.linear(ONES, ONES, np.ones(2, "d"))),
        (InvalidType, r"b.shape\[0\] == W.shape\[0\]", lambda: F.linear(ONES, ONES, np.ones(3, "f"))),
        (InvalidType, "x.dtype.kind == f", lambda: F.linear(ONES.astype("i"), ONES)),
        (ValueError, "n_batch_axes must be at least 1, got 0", lambda: F.linear(ONES, ONES, n_batch_axes=0)),
        (ValueError, "must be given together", lambda: F.bilinear(ONES, ONES, np.ones((3, 3, 1), "f"), b=ONES[0])),
        (
            InvalidType,
            r"prod\(e2.shape\[1:\]\) == W.shape\[1\]",
            lambda: F.bilinear(ONES, ONES, np.ones((3, 2, 1), "f")),
        ),
        (InvalidType, "x.dtype.kind == i", lambda: F.embed_id(ONES, ONES)),
        (InvalidType, "W.ndim == 2", lambda: F.embed_id(np.array([0]), ONES[0])),
        (IndexError, "out of bounds", lambda: F.embed_id(np.array([2]), ONES)),
        (InvalidType, r"x.shape\[1\] >= 9", lambda: F.shift(np.ones((1, 8, 3, 3), "f"))),
        (ValueError, "ksize must be odd", lambda: F.shift(np.ones((1, 9, 3, 3), "f"), ksize=2)),
        (
            InvalidType,
            r"W.shape\[1\] == 3",
            lambda: F.local_convolution_2d(np.ones((1, 1, 4, 4), "f"), np.ones((1, 2, 3, 1, 2, 2), "f")),
        ),
        (
            ValueError,
            "offset must have two channels",
            lambda: F.deformable_convolution_2d_sampler(
                np.ones((1, 1, 4, 4), "f"), np.ones((1, 3, 3, 3), "f"), np.ones((1, 1, 2, 2), "f")
            ),
        ),
    ],
)
def test_refuses(error, match, call):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("bad", [2, -1])
def test_debug_mode_refuses_ids_out_of_range(bad):
    with chainer.using_config("debug", True), pytest.raises(ValueError, match="each id in x must be ignore_label, or"):
        F.embed_id(np.array([0, bad]), ONES)


def test_debug_mode_accepts_the_ignored_label():
    with chainer.using_config("debug", True):
        np.testing.assert_array_equal(F.embed_id(np.array([0, -1]), ONES, ignore_label=-1).array, [[1] * 3, [0] * 3])
