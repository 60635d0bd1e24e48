"""Against the plain body in float64: 1e-6 of the largest element, times the root of the most terms of a sum."""

import math

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

SHAPES = {"words": ((700,), 50, 33), "images": ((2, 3, 1), 7, 1), "empty": ((0,), 4, 3), "many": ((70, 20), 3000, 65)}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("ignore_label", [None, 0])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_matches_plain(shape, ignore_label, dtype, lay, rng):
    ids_shape, n, width = shape
    x = lay(rng.integers(0, n, ids_shape).astype(dtype))
    W = rng.standard_normal((n, width))
    gy = rng.standard_normal((*ids_shape, width)).astype("f")
    gradients = []
    before = declined.copy()
    for float_type in "fd":
        v = chainer.Variable(W.astype(float_type))
        y = F.embed_id(x, v, ignore_label)
        y.grad = lay(gy.astype(float_type))
        y.backward()
        gradients.append(v.grad)
    actual, expected = gradients
    assert declined == before
    assert actual.dtype == np.float32
    most = np.bincount(x.ravel(), minlength=1).max()
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6 * math.sqrt(most) * np.abs(expected).max())


def test_ids_count_from_behind_or_are_refused():
    gy = np.array([[1, 2]], np.float32)
    np.testing.assert_array_equal(_core.embed_backward(np.array([-1]), gy, (2, 2)), [[0, 0], [1, 2]])
    for i in (2, -3):
        with pytest.raises(IndexError, match=f"id {i} is out of bounds: there are 2 vectors"):
            _core.embed_backward(np.array([i]), gy, (2, 2))


def test_same_bits_whatever_the_number_of_threads(rng):
    x, gy = rng.integers(0, 9, 5000), rng.standard_normal((5000, 70)).astype("f")
    before, results = _core.get_num_threads(), []
    try:
        for n in (1, 2, 3):
            _core.set_num_threads(n)
            results.append(_core.embed_backward(x, gy, (9, 70)).tobytes())
    finally:
        _core.set_num_threads(before)
    assert results == results[:1] * 3
