"""Poolings of one to three dimensions and their inverses, with all of their options."""

from __future__ import annotations

import itertools

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends.cuda import to_cpu
from chainer.functions.pooling.average_pooling_2d import AveragePooling2D
from chainer.functions.pooling.max_pooling_nd import MaxPoolingND
from chainer.functions.pooling.unpooling_2d import Unpooling2D
from chainer.utils.type_check import InvalidType


def windows(x, ksize, stride=None, pad=0, cover_all=False, value=np.nan):
    """Each position of the window with what it sees, one after the other."""
    n = x.ndim - 2
    ksize, pad = [v if isinstance(v, tuple) else (v,) * n for v in (ksize, pad)]
    stride = ksize if stride is None else stride if isinstance(stride, tuple) else (stride,) * n
    room = [d + 2 * p - k + (s - 1 if cover_all else 0) for d, p, k, s in zip(x.shape[2:], pad, ksize, stride)]
    out_size = [r // s + 1 for r, s in zip(room, stride)]
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p + s) for p, s in zip(pad, stride)], constant_values=value)
    seen = [
        x[(slice(None), slice(None), *[slice(o * s, o * s + k) for o, s, k in zip(position, stride, ksize)])]
        for position in itertools.product(*map(range, out_size))
    ]
    return np.stack([v.reshape(*v.shape[:2], -1) for v in seen], 2), out_size


def max_pool(x, *args, cover_all=True):
    seen, out_size = windows(x, *args, cover_all=cover_all, value=-np.inf)
    return seen.max(-1).reshape(*x.shape[:2], *out_size)


def average_pool(x, *args, value=0):
    seen, out_size = windows(x, *args, value=value)
    return np.nanmean(seen, -1).reshape(*x.shape[:2], *out_size)


MAX = {1: F.max_pooling_1d, 2: F.max_pooling_2d, 3: F.max_pooling_3d}
AVERAGE = {1: F.average_pooling_1d, 2: F.average_pooling_nd, 3: F.average_pooling_3d}
UNPOOLING = {1: F.unpooling_1d, 2: F.unpooling_2d, 3: F.unpooling_3d}
SHAPES = {1: (2, 3, 9), 2: (2, 3, 7, 8), 3: (2, 2, 5, 4, 5)}
OPTIONS = [  # number of dimensions, ksize, stride, pad
    (1, 2, None, 0),
    (1, 3, 2, 1),
    (2, 2, None, 0),
    (2, 3, 2, 1),
    (2, 3, 1, 1),
    (2, (2, 3), (3, 1), (0, 1)),
    (2, 2, 3, 0),
    (2, (7, 8), None, 0),
    (2, 6, 1, 2),
    (3, 2, None, 0),
    (3, 3, 2, 1),
]


def draw(rng, shape):
    """Numbers that are all apart, so that maxima do not change within the reach of a difference."""
    return rng.permutation(np.linspace(-1, 1, int(np.prod(shape)))).reshape(shape)


@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize(("ndim", "ksize", "stride", "pad"), OPTIONS)
def test_max_pooling(rng, assert_computes, assert_differentiates, ndim, ksize, stride, pad, cover_all):
    x = draw(rng, SHAPES[ndim])
    if ndim == 2 and ksize == 6 and cover_all:
        stride = 2
    args = ksize, stride, pad

    def function(x):
        return MAX[ndim](x, *args, cover_all=cover_all)

    assert_computes(function, lambda x: max_pool(x, *args, cover_all=cover_all), x)
    assert_differentiates(function, x, eps=1e-5)


@pytest.mark.parametrize("pad_value", [0, None])
@pytest.mark.parametrize(("ndim", "ksize", "stride", "pad"), OPTIONS)
def test_average_pooling(rng, assert_computes, assert_differentiates, ndim, ksize, stride, pad, pad_value):
    x = draw(rng, SHAPES[ndim])

    def function(x):
        return AVERAGE[ndim](x, ksize, stride, pad, pad_value)

    value = np.nan if pad_value is None else pad_value
    assert_computes(function, lambda x: average_pool(x, ksize, stride, pad, value=value), x)
    assert_differentiates(function, x)


def test_average_pooling_2d(rng, assert_computes, assert_differentiates):
    x = draw(rng, SHAPES[2])
    assert_computes(lambda x: F.average_pooling_2d(x, (3, 2), 2, 1), lambda x: average_pool(x, (3, 2), 2, 1), x)
    assert_differentiates(lambda x: F.average_pooling_2d(x, (3, 2), 2, 1), x)


@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize(("ndim", "ksize", "stride", "pad"), [o for o in OPTIONS if o[1] != (7, 8)])
def test_unpooling_is_the_transpose_of_sums(rng, assert_differentiates, ndim, ksize, stride, pad, cover_all):
    x = rng.uniform(-1, 1, SHAPES[ndim])
    y = UNPOOLING[ndim](x, ksize, stride, pad, cover_all=cover_all).array
    other = rng.uniform(-1, 1, y.shape)
    seen, _ = windows(other, ksize, stride, pad, cover_all, value=0)
    np.testing.assert_allclose((y * other).sum(), (x * seen.sum(-1).reshape(x.shape)).sum())
    np.testing.assert_array_equal(F.unpooling_nd(x, ksize, stride, pad, cover_all=cover_all).array, y)
    assert_differentiates(lambda x: UNPOOLING[ndim](x, ksize, stride, pad, cover_all=cover_all), x)


@pytest.mark.parametrize(("outsize", "cover_all"), [((9, 10), True), ((10, 11), False)])
def test_unpooling_to_a_given_size(rng, assert_differentiates, outsize, cover_all):
    x = rng.uniform(-1, 1, (1, 2, 5, 5))
    for function in (F.unpooling_2d, F.unpooling_nd):
        y = function(x, 2, outsize=outsize, cover_all=cover_all).array
        assert y.shape[2:] == outsize
        np.testing.assert_array_equal(y[:, :, :9, :10], np.repeat(np.repeat(x, 2, 2), 2, 3)[:, :, :9])
    assert_differentiates(lambda x: F.unpooling_2d(x, 2, outsize=outsize, cover_all=cover_all), x)


def test_indices_tell_the_place_in_the_window(rng, xp):
    x = xp.asarray(np.array([[[[1, 5, 2, 2], [3, 4, 2, 2], [7, 7, 0, -1]]]], "f"))
    y, indexes = F.max_pooling_2d(x, 2, return_indices=True)
    assert indexes.dtype == "int64"
    np.testing.assert_array_equal(to_cpu(y.array), [[[[5, 2], [7, 0]]]])
    np.testing.assert_array_equal(to_cpu(indexes), [[[[1, 0], [0, 0]]]])


@pytest.mark.parametrize(("ksize", "dtype"), [(2, "uint8"), (16, "uint8"), (17, "uint16")])
def test_indexes_are_kept_small(rng, ksize, dtype):
    node = MaxPoolingND(2, ksize, 1)
    x = rng.uniform(-1, 1, (1, 1, 40, 40))
    (y,) = node.apply((x,))
    assert node.indexes.dtype == dtype
    row, column = np.unravel_index(node.indexes, (ksize, ksize))
    i, j = np.indices(y.shape[2:])
    np.testing.assert_array_equal(x[0, 0][i + row[0, 0], j + column[0, 0]], y.array[0, 0])


@pytest.mark.parametrize(("ksize", "stride", "pad"), [((2, 2), (2, 2), 0), ((3, 3), (2, 2), 1), ((2, 3), (2, 1), 0)])
def test_upsampling_puts_elements_into_their_places(rng, assert_computes, assert_differentiates, ksize, stride, pad):
    x = draw(rng, (2, 3, 6, 7))
    y, indexes = F.max_pooling_2d(x, ksize, stride, pad, return_indices=True)

    def reference(y, indexes):
        back = np.zeros((2, 3, 6, 7))
        for b, c, i, j in np.ndindex(*y.shape):
            u, v = divmod(indexes[b, c, i, j], ksize[1])
            back[b, c, i * stride[0] + u - pad, j * stride[1] + v - pad] += y[b, c, i, j]
        return back

    def function(y, indexes):
        return F.upsampling_2d(y, indexes, ksize, stride, pad, outsize=(6, 7))

    assert_computes(function, reference, y.array, indexes)
    assert_differentiates(function, y.array, indexes)


def test_upsampling_takes_the_smallest_size():
    x, indexes = np.ones((1, 1, 2, 2), "f"), np.zeros((1, 1, 2, 2), "i")
    assert F.upsampling_2d(x, indexes, 2).shape == (1, 1, 3, 3)
    assert F.upsampling_2d(x, indexes, 2, cover_all=False).shape == (1, 1, 4, 4)


def test_spatial_pyramid_pooling(rng, assert_computes, assert_differentiates):
    def reference(x):
        levels = [max_pool(x, (-(-x.shape[2] // n), -(-x.shape[3] // n))) for n in (1, 2, 4)]
        return np.concatenate([v.reshape(len(x), -1, 1, 1) for v in levels], 1)

    x = draw(rng, (2, 3, 8, 12))
    assert_computes(lambda x: F.spatial_pyramid_pooling_2d(x, 3, pooling="max"), reference, x)
    assert_differentiates(lambda x: F.spatial_pyramid_pooling_2d(x, 3, pooling="max"), x, eps=1e-5)


@pytest.mark.parametrize(("height", "width"), [(7, 9), (13, 5)])
def test_spatial_pyramid_has_one_length_for_all_sizes(height, width):
    x = np.zeros((2, 3, height, width), "f")
    assert F.spatial_pyramid_pooling_2d(x, 2, pooling="max").shape == (2, 15, 1, 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.max_pooling_2d(x, 2),
        lambda x: F.max_pooling_2d(x, 4),
        lambda x: F.average_pooling_2d(x, 2),
        lambda x: F.unpooling_2d(x, 2),
    ],
)
def test_empty_batch(function):
    x = chainer.Variable(np.zeros((0, 3, 4, 4), "f"))
    y = function(x)
    assert len(y) == 0
    y.grad = y.array
    y.backward()
    assert x.grad.shape == x.shape


def test_attributes_of_nodes():
    node = AveragePooling2D((2, 3), pad=1)
    assert (node.kh, node.kw, node.sy, node.sx, node.ph, node.pw, node.ndim) == (2, 3, 2, 3, 1, 1, 2)
    assert (node.cover_all, node.pad_value) == (True, 0)
    node = Unpooling2D(2, outsize=(5, 6))
    assert (node.outh, node.outw, node.outs, node.cover_all) == (5, 6, (5, 6), True)


X = np.zeros((1, 2, 5, 5), "f")


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (InvalidType, "x.dtype.kind == f", lambda: F.max_pooling_2d(X.astype("i"), 2)),
        (InvalidType, "x.dtype.kind == f", lambda: F.average_pooling_2d(X.astype("i"), 2)),
        (InvalidType, "x.ndim == 4", lambda: F.average_pooling_2d(X[0], 2)),
        (ValueError, "must have 2 spatial axes", lambda: F.max_pooling_2d(X[0], 2)),
        (ValueError, "must have 1 spatial axes", lambda: F.max_pooling_1d(X, 2)),
        (ValueError, "must have 3 spatial axes", lambda: F.average_pooling_3d(X, 2)),
        (ValueError, "at least one spatial axis", lambda: F.max_pooling_nd(X[0, 0], 2)),
        (ValueError, "pad_value must be 0 or None", lambda: F.average_pooling_nd(X, 2, pad_value=3)),
        (ValueError, "does not fit into an image", lambda: F.average_pooling_2d(X, 6)),
        (ValueError, "one a spatial axis", lambda: F.max_pooling_2d(X, (2, 2, 2))),
        (InvalidType, r"x.shape\[2:\] == \(6, 6\)", lambda: F.unpooling_2d(X, 2, outsize=(12, 12))),
        (ValueError, "must have 1 spatial axes", lambda: F.unpooling_1d(X, 2)),
        (InvalidType, "indexes.shape", lambda: F.upsampling_2d(X, np.zeros((1, 2, 5, 4), "i"), 2)),
        (InvalidType, r"x.shape\[3\] == 6", lambda: F.upsampling_2d(X, np.zeros(X.shape, "i"), 2, outsize=(9, 12))),
        (ValueError, 'pooling must be "max", got None', lambda: F.spatial_pyramid_pooling_2d(X, 2)),
    ],
)
def test_refuses(error, match, call):
    with pytest.raises(error, match=match):
        call()
