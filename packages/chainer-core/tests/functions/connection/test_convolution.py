"""Convolution and transposed convolution of one to three dimensions, with all of their options."""

from __future__ import annotations

import itertools

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.connection import _convolution
from chainer.functions.connection.convolution_2d import Convolution2DFunction
from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
from chainer.utils.type_check import InvalidType


def convolve(x, W, b=None, stride=1, pad=0, cover_all=False, dilate=1, groups=1):
    """Convolution, one position of the output at a time."""
    n = x.ndim - 2
    stride, pad, dilate = [v if isinstance(v, tuple) else (v,) * n for v in (stride, pad, dilate)]
    room = [
        size + 2 * p - (k - 1) * d - 1 + (s - 1 if cover_all else 0)
        for size, p, k, d, s in zip(x.shape[2:], pad, W.shape[2:], dilate, stride)
    ]
    out_size = [r // s + 1 for r, s in zip(room, stride)]
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p + s) for p, s in zip(pad, stride)])
    y = np.zeros((len(x), len(W), *out_size))
    for position in itertools.product(*map(range, out_size)):
        window = tuple(
            slice(o * s, o * s + (k - 1) * d + 1, d) for o, s, k, d in zip(position, stride, W.shape[2:], dilate)
        )
        seen = x[(slice(None), slice(None), *window)]
        for g, (part, filters) in enumerate(zip(np.split(seen, groups, 1), np.split(W, groups))):
            n_out = len(filters)
            y[(slice(None), slice(g * n_out, (g + 1) * n_out), *position)] = np.tensordot(
                part, filters, (range(1, n + 2), range(1, n + 2))
            )
    return y if b is None else y + b.reshape(-1, *[1] * n)


OPTIONS = {
    "plain": {},
    "stride": {"stride": 2},
    "uneven stride": {"stride": (3, 1), "pad": (0, 2)},
    "pad": {"pad": 1},
    "pad beyond the filter": {"pad": (4, 3)},
    "dilate": {"dilate": 2, "pad": (2, 1)},
    "uneven dilate": {"dilate": (1, 3), "stride": (2, 1)},
    "groups": {"groups": 2, "pad": 1},
    "groups and stride": {"groups": 4, "stride": 2},
}
FUNCTIONS = [F.convolution_1d, F.convolution_2d, F.convolution_3d]
TRANSPOSES = [F.deconvolution_1d, F.deconvolution_2d, F.deconvolution_3d]
SIZES = [(9,), (7, 8), (4, 5, 4)]
KSIZES = [(3,), (3, 2), (2, 3, 2)]


def cases(functions):
    for function, size, ksize in zip(functions, SIZES, KSIZES):
        for name, options in OPTIONS.items():
            if len(size) == 2 or not any(isinstance(v, tuple) for v in options.values()):
                yield pytest.param(function, size, ksize, options, id=f"{function.__name__}, {name}")


def draw(rng, *shapes):
    return [rng.uniform(-1, 1, shape) for shape in shapes]


@pytest.mark.parametrize(("function", "size", "ksize", "options"), list(cases(FUNCTIONS)))
def test_convolution(rng, assert_computes, assert_differentiates, function, size, ksize, options):
    groups = options.get("groups", 1)
    x, W, b = draw(rng, (3, 4, *size), (8, 4 // groups, *ksize), 8)
    assert_computes(lambda x, W, b: function(x, W, b, **options), lambda *xs: convolve(*xs, **options), x, W, b)
    assert_differentiates(lambda x, W, b: function(x, W, b, **options), x, W, b)


@pytest.mark.parametrize("options", [{"stride": 2}, {"stride": (3, 2), "pad": 1}, {"stride": 2, "dilate": 2}])
def test_cover_all_leaves_no_element_out(rng, assert_computes, assert_differentiates, options):
    x, W = draw(rng, (2, 3, 8, 6), (4, 3, 3, 3))

    def function(x, W):
        return F.convolution_2d(x, W, cover_all=True, **options)

    assert_computes(function, lambda x, W: convolve(x, W, cover_all=True, **options), x, W)
    assert_differentiates(function, x, W)


@pytest.mark.parametrize(("function", "size", "ksize", "options"), list(cases(TRANSPOSES)))
def test_deconvolution_is_the_transpose(rng, assert_differentiates, function, size, ksize, options):
    groups = options.get("groups", 1)
    x, W, b = draw(rng, (3, 8, *[min(n, 5) for n in size]), (8, 4 // groups, *[k + 3 for k in ksize]), 4)
    y = function(x, W, **options).array
    other = rng.uniform(-1, 1, y.shape)
    np.testing.assert_allclose((y * other).sum(), (x * convolve(other, W, **options)).sum())
    np.testing.assert_allclose(function(x, W, b, **options).array, y + b.reshape(-1, *[1] * len(size)))
    assert_differentiates(lambda x, W, b: function(x, W, b, **options), x, W, b)


@pytest.mark.parametrize("outsize", [(9, 9), (10, 9), (11, 12), (12, 12), (10, 12)])
def test_deconvolution_to_a_given_size(rng, assert_differentiates, outsize):
    x, W = draw(rng, (2, 4, 5, 5), (4, 3, 3, 3))
    outsize = tuple(n if n != 9 else 10 for n in outsize)
    y = F.deconvolution_2d(x, W, stride=2, outsize=outsize)
    assert y.shape[2:] == outsize
    smallest = F.deconvolution_2d(x, W, stride=2).array
    np.testing.assert_allclose(y.array[:, :, :10, :10], smallest[:, :, :10, :10])
    assert_differentiates(lambda x, W: F.deconvolution_2d(x, W, stride=2, outsize=outsize), x, W)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_deconvolution_keeps_dtype(dtype):
    x, W, b = np.ones((1, 2, 3, 3), dtype), np.ones((2, 1, 2, 2), dtype), np.ones(1, dtype)
    y = F.deconvolution_2d(x, W, b, stride=2)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.array, 3)


@pytest.mark.parametrize("limits", [(1, 1, 1), (50, 1, 1 << 18), (1 << 20, 1 << 20, 1 << 30)])
@pytest.mark.parametrize("options", [{}, {"stride": 2, "pad": 1}, {"groups": 2, "dilate": 2, "pad": 2}])
def test_blocks_make_no_difference(rng, monkeypatch, limits, options):
    """Rows of an image, single images and several at a time, with a smaller block at the end."""
    groups = options.get("groups", 1)
    x, W = draw(rng, (5, 4, 7, 8), (6, 4 // groups, 3, 3))
    expected = convolve(x, W, **options)
    gy = rng.uniform(-1, 1, expected.shape)

    def run():
        vx, vW = chainer.Variable(x), chainer.Variable(W)
        y = F.convolution_2d(vx, vW, **options)
        y.grad = gy
        y.backward()
        return y.array, vx.grad, vW.grad

    usual = run()
    for name, limit in zip(("_MIN_COLUMNS", "_MIN_ELEMENTS", "_MAX_ELEMENTS"), limits):
        monkeypatch.setattr(_convolution, name, limit)
    np.testing.assert_allclose(usual[0], expected)
    for a, b in zip(run(), usual):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
@pytest.mark.parametrize("stride", [1, 2])
def test_empty_batch(function, stride):
    x, W = chainer.Variable(np.zeros((0, 4, 5, 5), "f")), chainer.Variable(np.ones((4, 4, 3, 3), "f"))
    y = function(x, W, stride=stride)
    assert len(y) == 0
    y.grad = y.array
    y.backward()
    assert x.grad.shape == x.shape
    np.testing.assert_array_equal(W.grad, 0)


@pytest.mark.parametrize("n_columns", [1, 512])
@pytest.mark.parametrize("groups", [1, 3])
def test_pointwise_convolution_is_a_matrix_product(rng, monkeypatch, assert_differentiates, n_columns, groups):
    monkeypatch.setattr(_convolution, "_MIN_COLUMNS", n_columns)
    monkeypatch.setattr(_convolution, "_MIN_ELEMENTS", n_columns)
    x, W = draw(rng, (2, 3, 4, 5), (6, 3 // groups, 1, 1))
    grouped = np.einsum("bgchw,goc->bgohw", x.reshape(2, groups, -1, 4, 5), W.reshape(groups, 6 // groups, -1))
    np.testing.assert_allclose(F.convolution_2d(x, W, groups=groups).array, grouped.reshape(2, 6, 4, 5))
    assert_differentiates(lambda x, W: F.convolution_2d(x, W, groups=groups), x, W)


def test_deconvolution_of_data_that_needs_no_gradient(rng):
    """As in a first layer, where the last release failed."""
    x, W = draw(rng, (1, 2, 3, 3), (2, 3, 2, 2))
    W = chainer.Variable(W)
    F.sum(F.deconvolution_2d(x, W)).backward()
    np.testing.assert_allclose(W.grad, np.broadcast_to(x.sum((0, 2, 3))[:, None, None, None], W.shape))


def test_columns_are_not_kept(rng):
    x, W = [chainer.Variable(v) for v in draw(rng, (2, 3, 6, 6), (4, 3, 3, 3))]
    y = F.convolution_2d(x, W)
    kept = [v for v in vars(y.creator).values() if isinstance(v, np.ndarray)]
    kept += y.creator._retained_inputs
    assert len(kept) == 2
    assert kept[0] is x.array
    assert kept[1] is W.array


def test_options_may_be_lists_and_numpy_numbers():
    x, W = np.ones((1, 2, 5, 5), "f"), np.ones((2, 2, 3, 3), "f")
    y = F.convolution_2d(x, W, stride=np.int64(2), pad=[np.int64(1), 0])
    np.testing.assert_array_equal(y.array, F.convolution_2d(x, W, stride=2, pad=(1, 0)).array)
    assert F.deconvolution_2d(x, W, outsize=[7, 7]).shape == (1, 2, 7, 7)


def test_mixed_dtypes_follow_the_data():
    x, W = chainer.Variable(np.ones((1, 1, 3, 3), "float16")), chainer.Variable(np.ones((1, 1, 2, 2), "float32"))
    y = F.convolution_2d(x, W)
    y.grad = y.array
    y.backward()
    assert (y.dtype, x.grad.dtype, W.grad.dtype) == ("float16", "float16", "float32")


def test_attributes_of_nodes():
    node = Convolution2DFunction(2, (1, 0), dilate=3, groups=4)
    assert (node.sy, node.sx, node.ph, node.pw, node.dy, node.dx, node.groups) == (2, 2, 1, 0, 3, 3, 4)
    node = Deconvolution2DFunction(2, (1, 0), outsize=(5, 6))
    assert (node.sy, node.sx, node.ph, node.pw, node.outh, node.outw, node.cover_all) == (2, 2, 1, 0, 5, 6, False)


def test_deconvolution_node_knows_whether_it_covers_all():
    x, W = chainer.Variable(np.ones((1, 1, 5, 5), "f")), np.ones((1, 1, 3, 3), "f")
    assert F.deconvolution_2d(x, W, stride=2, outsize=(10, 10)).creator.cover_all
    assert not F.deconvolution_2d(x, W, stride=2, outsize=(11, 12)).creator.cover_all


X, FILTERS = np.zeros((1, 4, 5, 5), "f"), np.zeros((6, 4, 3, 3), "f")


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (InvalidType, r"x.shape\[1\] == W.shape\[1\] \* 2", lambda: F.convolution_2d(X, FILTERS, groups=2)),
        (InvalidType, r"W.shape\[0\] % 4", lambda: F.convolution_2d(X, FILTERS[:, :1], groups=4)),
        (InvalidType, "x.dtype.kind == f", lambda: F.convolution_2d(X.astype("i"), FILTERS)),
        (InvalidType, r"b.shape\[0\] == W.shape\[0\]", lambda: F.convolution_2d(X, FILTERS, np.zeros(5, "f"))),
        (InvalidType, "x.ndim == 4", lambda: F.convolution_2d(X[0, 0, 0], FILTERS)),
        (InvalidType, "b.ndim == 1", lambda: F.convolution_2d(X, FILTERS, np.array(0, "f"))),
        (InvalidType, "W.ndim", lambda: F.convolution_nd(X[0], FILTERS)),
        (ValueError, "does not fit into an image of shape", lambda: F.convolution_2d(X, np.zeros((1, 4, 6, 6), "f"))),
        (ValueError, "one a spatial axis", lambda: F.convolution_2d(X, FILTERS, stride=(1, 2, 3))),
        (ValueError, "must have 1 spatial axes", lambda: F.convolution_1d(X, FILTERS)),
        (ValueError, "must have 3 spatial axes", lambda: F.convolution_3d(X, FILTERS)),
        (ValueError, "must have a spatial axis", lambda: F.convolution_nd(X[0, 0], FILTERS)),
        (ValueError, "must have a spatial axis", lambda: F.deconvolution_nd(X[0, 0], FILTERS)),
        (ValueError, "using_config", lambda: F.convolution_2d(X, FILTERS, deterministic=True)),
        (TypeError, "unexpected keyword argument 'foo'", lambda: F.convolution_2d(X, FILTERS, foo=1)),
        (InvalidType, r"x.shape\[1\] == W.shape\[0\]", lambda: F.deconvolution_2d(X, FILTERS)),
        (InvalidType, "conv_outsize", lambda: F.deconvolution_2d(X, FILTERS[:4], outsize=(8, 7))),
        (InvalidType, "cover_all=True", lambda: F.deconvolution_2d(X, FILTERS[:4], outsize=(3, 3))),
        (ValueError, "cuts off all", lambda: F.deconvolution_2d(X, FILTERS[:4], pad=9)),
        (ValueError, "must have 1 spatial axes", lambda: F.deconvolution_1d(X, FILTERS)),
        (ValueError, "must have 3 spatial axes", lambda: F.deconvolution_3d(X, FILTERS)),
    ],
)
def test_refuses(error, match, call):
    with pytest.raises(error, match=match):
        call()
