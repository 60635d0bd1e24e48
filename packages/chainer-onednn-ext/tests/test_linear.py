"""Against the plain body in float64; tolerance 1e-6 of the largest element, times the root of the terms of a sum."""

import math

import chainer
import chainer.functions as F
import numpy as np
import pytest

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

SHAPES = {
    "large": (70, 601, 403),
    "one sample": (1, 4097, 4099),
    "a few samples": (7, 5003, 130),
    "a few outputs": (130, 5003, 9),
    "some samples": (37, 203, 99),
    "small": (5, 7, 3),
    "empty batch": (0, 7, 3),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("nobias", [False, True])
def test_matches_plain(shape, nobias, lay, rng):
    n, n_in, n_out = shape
    arrays = [rng.standard_normal(s).astype(np.float32) for s in ((n, n_in), (n_out, n_in), (n_out,))]
    arrays = arrays[:2] if nobias else arrays
    gy = rng.standard_normal((n, n_out)).astype(np.float32)
    results = []
    for dtype, order in ((np.float32, lay), (np.float64, np.asarray)):
        variables = [chainer.Variable(order(a.astype(dtype))) for a in arrays]
        y = F.linear(*variables)
        y.grad = order(gy.astype(dtype))
        y.backward()
        results.append([y.array, *[v.grad for v in variables]])
    for actual, expected in zip(*results):
        assert actual.dtype == np.float32
        tolerance = 1e-6 * math.sqrt(max(shape)) * np.abs(expected).max(initial=0)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


def test_the_smallest_products_are_left_to_blas(rng):
    x, W = rng.standard_normal((300, 400)).astype("f"), rng.standard_normal((500, 400)).astype("f")
    assert _core.matmul(x, W, False, True).shape == (300, 500)
    assert _core.matmul(x[:1], W, False, True).shape == (1, 500)
    assert _core.matmul(x[:2], W[:99], False, True) is None


def test_a_weight_of_another_dtype(rng):
    y = F.linear(rng.standard_normal((300, 400)).astype("f"), rng.standard_normal((500, 400)))
    assert y.dtype == np.float32
