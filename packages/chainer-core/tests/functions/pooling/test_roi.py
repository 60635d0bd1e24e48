"""Pooling over regions of interest, against loops over regions, bins and samples."""

from __future__ import annotations

import itertools
import math

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.pooling import _roi
from chainer.utils.type_check import InvalidType

SCALE = 0.5
OUTSIZE = (3, 2)
ROIS = np.array(
    [
        [0, 0, 12, 10],
        [1, 3, 9, 15],
        [4.6, 5.4, 5, 6],  # smaller than a pixel
        [-6, -3, 7, 8],  # begins outside
        [10, 9, 30, 25],  # ends outside
        [40, 40, 50, 50],  # all outside
    ]
)
INDICES = np.array([0, 1, 1, 0, 1, 0], "int32")
SHAPE = (2, 3, 8, 9)


def rounded_bin(low, high, i, n_bins, length, inclusive):
    start, stop = round(low * SCALE), round(high * SCALE)
    step = max(stop - start + inclusive, 1) / n_bins
    return [min(max(v + start, 0), length) for v in (math.floor(i * step), math.ceil((i + 1) * step))]


def pool(x, reduce, inclusive=0):
    y = np.zeros((len(ROIS), x.shape[1], *OUTSIZE))
    for r, i, j in itertools.product(range(len(ROIS)), *map(range, OUTSIZE)):
        top, bottom = rounded_bin(ROIS[r, 0], ROIS[r, 2], i, OUTSIZE[0], x.shape[2], inclusive)
        left, right = rounded_bin(ROIS[r, 1], ROIS[r, 3], j, OUTSIZE[1], x.shape[3], inclusive)
        y[r, :, i, j] = reduce(x[INDICES[r], :, top:bottom, left:right].reshape(x.shape[1], -1))
    return y


def sampled_bin(low, high, i, n_bins, length, ratio):
    """Samples of a bin as pairs of pixels and weights; ``None`` for one outside."""
    start = low * SCALE
    step = max(high * SCALE - start, 1) / n_bins
    n = ratio or math.ceil(step)
    for k in range(n):
        place = start + i * step + (k + 0.5) * step / n
        if place < -1 or place > length:
            yield None
            continue
        place = min(max(place, 0), length - 1)
        before = int(place)
        yield [(before, 1 - place + before), (min(before + 1, length - 1), place - before)]


def align(x, reduce, ratio):
    y = np.zeros((len(ROIS), x.shape[1], *OUTSIZE))
    for r, i, j in itertools.product(range(len(ROIS)), *map(range, OUTSIZE)):
        rows = sampled_bin(ROIS[r, 0], ROIS[r, 2], i, OUTSIZE[0], x.shape[2], ratio[0])
        columns = sampled_bin(ROIS[r, 1], ROIS[r, 3], j, OUTSIZE[1], x.shape[3], ratio[1])
        samples = [
            None
            if a is None or b is None
            else sum(x[INDICES[r], :, u, v] * wu * wv for (u, wu), (v, wv) in itertools.product(a, b))
            for a, b in itertools.product(list(rows), list(columns))
        ]
        y[r, :, i, j] = reduce(samples, x.shape[1])
    return y


def largest(samples):
    return samples.max(1, initial=-np.inf)


def mean(samples):
    return samples.mean(1) if samples.size else np.zeros(len(samples))


def largest_sample(samples, n_channels):
    inside = [s for s in samples if s is not None]
    return np.max(inside, axis=0) if inside else np.full(n_channels, -np.inf)


def mean_sample(samples, n_channels):
    return sum((s for s in samples if s is not None), np.zeros(n_channels)) / len(samples)


def regions(function, *args):
    return lambda x: function(x, chainer.backend.get_array_module(x).asarray(ROIS, x.dtype), INDICES, *args)


def first_regions(x):
    rois = np.concatenate([INDICES[:, None], ROIS[:, [1, 0, 3, 2]]], 1)
    return F.roi_pooling_2d(x, rois.astype(x.dtype), *OUTSIZE, SCALE)


CASES = {
    "roi_pooling_2d": (first_regions, lambda x: np.maximum(pool(x, largest, 1), -9) * (pool(x, largest, 1) > -9)),
    "roi_max_pooling_2d": (regions(F.roi_max_pooling_2d, OUTSIZE, SCALE), lambda x: pool(x, largest)),
    "roi_average_pooling_2d": (regions(F.roi_average_pooling_2d, OUTSIZE, SCALE), lambda x: pool(x, mean)),
}
for ratio in (None, 2, (1, 3), (None, 2)):
    pair = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    CASES[f"roi_max_align_2d, {ratio}"] = (
        regions(F.roi_max_align_2d, OUTSIZE, SCALE, ratio),
        lambda x, pair=pair: align(x, largest_sample, pair),
    )
    CASES[f"roi_average_align_2d, {ratio}"] = (
        regions(F.roi_average_align_2d, OUTSIZE, SCALE, ratio),
        lambda x, pair=pair: align(x, mean_sample, pair),
    )


def draw(rng):
    return rng.permutation(np.linspace(-1, 1, int(np.prod(SHAPE)))).reshape(SHAPE)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matches_definition(rng, name, dtype):
    function, reference = CASES[name]
    x = draw(rng).astype(dtype)
    y = function(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.array, reference(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(function(np.asfortranarray(x)).array, y.array)


@pytest.mark.parametrize("name", CASES)
def test_gradients(rng, assert_differentiates, name):
    function, reference = CASES[name]
    x = draw(rng)
    # Minus infinity, of bins that hold nothing, has no difference.
    is_finite = np.isfinite(reference(x))
    assert_differentiates(lambda x: F.where(is_finite, function(x), np.zeros(is_finite.shape)), x, eps=1e-5)


@pytest.mark.parametrize("function", [F.roi_max_pooling_2d, F.roi_average_pooling_2d, F.roi_max_align_2d])
def test_float16(rng, function):
    x = draw(rng)
    y = regions(function, OUTSIZE, SCALE)(x.astype("float16"))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y.array, regions(function, OUTSIZE, SCALE)(x).array, atol=2e-2)


@pytest.mark.parametrize(
    "function", [F.roi_max_pooling_2d, F.roi_average_pooling_2d, F.roi_max_align_2d, F.roi_average_align_2d]
)
def test_no_regions(function):
    x = chainer.Variable(np.ones(SHAPE, "f"))
    y = function(x, np.zeros((0, 4), "f"), np.zeros(0, "int32"), OUTSIZE, SCALE)
    assert y.shape == (0, 3, *OUTSIZE)
    y.grad = y.array
    y.backward()
    np.testing.assert_array_equal(x.grad, 0)


@pytest.mark.parametrize("function", [F.roi_average_pooling_2d, F.roi_average_align_2d])
def test_chunks_make_no_difference(rng, monkeypatch, function):
    x = draw(rng)
    usual = regions(function, OUTSIZE, SCALE)(x).array
    monkeypatch.setattr(_roi, "_CHUNK", 1)
    np.testing.assert_allclose(regions(function, OUTSIZE, SCALE)(x).array, usual)


X, ONE_ROI, INDEX = np.zeros((2, 1, 4, 4), "f"), np.zeros((1, 4), "f"), np.zeros(1, "int32")


@pytest.mark.parametrize(
    "function", [F.roi_max_pooling_2d, F.roi_average_pooling_2d, F.roi_max_align_2d, F.roi_average_align_2d]
)
@pytest.mark.parametrize(
    ("error", "match", "args"),
    [
        (TypeError, "outsize must be a positive int", (X, ONE_ROI, INDEX, 2.0, 1.0)),
        (TypeError, "outsize must be a positive int", (X, ONE_ROI, INDEX, (2, 0), 1.0)),
        (TypeError, "spatial_scale must be a positive number", (X, ONE_ROI, INDEX, 2, -1.0)),
        (TypeError, "spatial_scale must be a positive number", (X, ONE_ROI, INDEX, 2, "a")),
        (InvalidType, "rois.dtype == x.dtype", (X, ONE_ROI.astype("d"), INDEX, 2, 1.0)),
        (InvalidType, r"rois.shape\[1\] == 4", (X, ONE_ROI[:, :3], INDEX, 2, 1.0)),
        (InvalidType, r"rois.shape\[0\] == roi_indices.shape\[0\]", (X, ONE_ROI, INDEX[:0], 2, 1.0)),
        (InvalidType, "roi_indices.dtype.kind == i", (X, ONE_ROI, INDEX.astype("f"), 2, 1.0)),
        (InvalidType, "rois.ndim == 2", (X, INDEX.astype("f"), INDEX, 2, 1.0)),
        (InvalidType, "x.ndim == 4", (X[0], ONE_ROI, INDEX, 2, 1.0)),
        (IndexError, "2", (X, ONE_ROI, INDEX + 2, 2, 1.0)),
    ],
)
def test_refuses(function, error, match, args):
    with pytest.raises(error, match=match):
        function(*args)


@pytest.mark.parametrize("ratio", [0, 1.5, "a", (1, 2, 3)])
def test_align_refuses_a_sampling_ratio(ratio):
    for function in (F.roi_max_align_2d, F.roi_average_align_2d):
        with pytest.raises(TypeError, match="sampling_ratio must be None, an int of at least 1"):
            function(X, ONE_ROI, INDEX, 2, 1.0, ratio)


def test_roi_pooling_2d_refuses():
    with pytest.raises(InvalidType, match=r"rois.shape\[1\] == 5"):
        F.roi_pooling_2d(X, ONE_ROI, 2, 2, 1.0)
    with pytest.raises(TypeError, match="outsize"):
        F.roi_pooling_2d(X, np.zeros((1, 5), "f"), 2, 0, 1.0)
