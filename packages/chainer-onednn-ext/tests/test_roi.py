"""Regions of interest, against the plain body: 3e-6 of the largest element in float32, from which pixels the same.

Against float64 it is 1e-4: that is how far places in float32 are from exact ones, about 50 pixels from the corner.
"""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends import kernels
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

SHAPES = {  # images, bins, number of regions
    "small": ((1, 1, 1, 1), (1, 1), 2),
    "odd": ((2, 3, 9, 13), (3, 2), 9),
    "channels": ((3, 45, 17, 6), (7, 7), 12),
    "threads": ((2, 64, 50, 61), (7, 7), 60),
    "none": ((2, 3, 5, 4), (2, 3), 0),
}
FUNCTIONS = {
    "average pooling": F.roi_average_pooling_2d,
    "max pooling": F.roi_max_pooling_2d,
    "average align": lambda *args: F.roi_average_align_2d(*args, sampling_ratio=2),
    "average align, adaptive": F.roi_average_align_2d,
    "max align": lambda *args: F.roi_max_align_2d(*args, sampling_ratio=(2, 3)),
    "max align, adaptive": F.roi_max_align_2d,
    "published": lambda x, rois, indices, outsize, scale: F.roi_pooling_2d(
        x, np.concatenate([indices[:, None], rois[:, [1, 0, 3, 2]]], 1).astype(x.dtype), *outsize, scale
    ),
}


def draw(shape, n):
    """Images and regions, some of them outside or smaller than a pixel."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype("f")
    low = rng.uniform(-0.2, 0.9, (n, 2)) * shape[2:]
    size = rng.uniform(0, 0.6, (n, 2)) ** 2 * shape[2:]
    rois = np.concatenate([low, low + size], 1) * 4
    rois[: n // 6] += 1000
    return x, rois.astype("f"), rng.integers(0, len(x), n).astype("i")


def forward_backward(function, x, rois, indices, outsize, lay=np.asarray):
    x = chainer.Variable(lay(x))
    y = function(x, lay(rois), indices, outsize, 0.25)
    argmax = getattr(y.creator, "argmax_data", None)
    gy = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
    y.grad = lay(gy)
    y.backward()
    return y.array, x.grad, argmax


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_matches_plain(shape, function, lay):
    x, rois, indices = draw(shape[0], shape[2])
    before = declined.copy()
    *actual, argmax = forward_backward(function, x, rois, indices, shape[1], lay)
    assert declined == before
    with chainer.using_config("use_ideep", "never"):
        *expected, expected_argmax = forward_backward(function, x, rois, indices, shape[1])
    *exact, _ = forward_backward(function, x.astype("d"), rois.astype("d"), indices, shape[1])
    for a, e, true in zip(actual, expected, exact, strict=True):
        assert a.dtype == np.float32
        largest = np.abs(true[np.isfinite(true)]).max(initial=0)
        np.testing.assert_allclose(a, e, rtol=0, atol=3e-6 * largest)
        np.testing.assert_allclose(a, true, rtol=0, atol=1e-4 * largest)
    if argmax is not None:
        assert argmax.dtype == np.int32
        np.testing.assert_array_equal(argmax, expected_argmax)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_same_bits_whatever_the_number_of_threads(function):
    x, rois, indices = draw(*SHAPES["threads"][::2])
    before, results = _core.get_num_threads(), []
    try:
        for n in (1, 2, 3):
            _core.set_num_threads(n)
            y, gx, _ = forward_backward(function, x, rois, indices, (7, 7))
            results.append(y.tobytes() + gx.tobytes())
    finally:
        _core.set_num_threads(before)
    assert results == results[:1] * 3


def test_nan_is_found_by_pooling_and_passed_by_when_samples_are_compared():
    x = np.zeros((1, 1, 4, 4), "f")
    x[0, 0, 1, 1] = np.nan
    rois, indices = np.array([[0, 0, 4, 4]], "f"), np.array([0], "i")
    for name in ("max pooling", "max align"):
        actual = FUNCTIONS[name](x, rois, indices, (1, 1), 1.0).array
        with chainer.using_config("use_ideep", "never"):
            np.testing.assert_array_equal(actual, FUNCTIONS[name](x, rois, indices, (1, 1), 1.0).array)


@pytest.mark.parametrize("name", ["average pooling", "max pooling", "average align", "max align"])
def test_what_is_out_of_reach_is_left_to_the_plain_body(name):
    x, rois, indices = draw(*SHAPES["odd"][::2])
    kernel = "roi_align" if "align" in name else "roi_pool"
    before = declined[kernel]
    with pytest.raises(IndexError):
        FUNCTIONS[name](x, rois, indices + 2, (2, 2), 0.25)
    assert declined[kernel] == before + 1
    y = FUNCTIONS[name](x, rois + np.float32(2.0**25), indices, (2, 2), 0.25).array  # nothing is there
    assert declined[kernel] == before + 2
    with chainer.using_config("use_ideep", "never"):
        expected = FUNCTIONS[name](x, rois + np.float32(2.0**25), indices, (2, 2), 0.25).array
    np.testing.assert_array_equal(y, expected)


def plain_nms(bbox, thresh, score=None, limit=None):
    """One box after the other, each against all that are kept."""
    order = range(len(bbox)) if score is None else np.argsort(-score, kind="stable")
    kept = []
    for i in order:
        if limit is not None and len(kept) >= limit:
            break
        both = np.maximum(np.minimum(bbox[i, 2:], bbox[kept, 2:]) - np.maximum(bbox[i, :2], bbox[kept, :2]), 0).prod(1)
        area = [(bbox[k, 2:] - bbox[k, :2]).prod() for k in [i, *kept]]
        if not (both / (area[0] + np.array(area[1:], bbox.dtype) - both) >= thresh).any():
            kept.append(i)
    return kept


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 300])
@pytest.mark.parametrize("thresh", [0.3, 0.7])
@pytest.mark.parametrize("options", [{}, {"limit": 0}, {"limit": 5}, {"scored": True}, {"scored": True, "limit": 20}])
def test_nms_matches_loops(n, thresh, options, lay, rng):
    low = rng.integers(0, 20, (n, 2)) + rng.integers(0, 2, (n, 2)) / 2  # some boxes are equal, some meet at edges
    bbox = np.concatenate([low, low + rng.integers(1, 12, (n, 2))], 1).astype("f")
    score = rng.integers(0, 50, n).astype("f") if options.get("scored") else None
    nms = kernels.find("nms", bbox)
    selected = nms(lay(bbox), thresh, score, options.get("limit"))
    assert selected.dtype == np.int32
    assert selected.tolist() == plain_nms(bbox, thresh, score, options.get("limit"))


def test_nms_decides_at_the_threshold_as_numpy_does():
    bbox = np.array([[0, 0, 2, 2], [0, 0, 2, 1], [0, 0, 2, 3]], "f")
    nms = kernels.find("nms", bbox)
    assert nms(bbox, 0.5).tolist() == [0]  # 2 / 4 and 4 / 6
    assert nms(bbox, 0.51).tolist() == [0, 1]
    assert nms(np.zeros((2, 4), "f"), 0.5).tolist() == [0, 1]  # without area, so without overlap


def test_nms_refuses_other_shapes():
    nms = kernels.find("nms", np.zeros((1, 4), "f"))
    with pytest.raises(ValueError, match=r"bbox must be of shape \(R, 4\), got \(3, 5\)"):
        nms(np.zeros((3, 5), "f"), 0.5)
    with pytest.raises(ValueError, match=r"score must be of shape \(3,\), one for each box, got \(2,\)"):
        nms(np.zeros((3, 4), "f"), 0.5, np.zeros(2))
