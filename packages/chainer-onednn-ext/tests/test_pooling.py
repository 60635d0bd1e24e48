"""Against the plain body, in float64. Maxima are the same bits; means agree to 1e-6 of the largest element."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.pooling import _windowed as pooling

pytestmark = pytest.mark.ideep

CASES = {
    "2x2": ((2, 3, 8, 8), (2, 2), (2, 2), (0, 0), False),
    "3x3/2": ((2, 3, 9, 13), (3, 3), (2, 2), (1, 1), False),
    "3x3/1": ((2, 3, 9, 13), (3, 3), (1, 1), (1, 1), False),
    "3x3/3": ((2, 3, 10, 11), (3, 3), (3, 3), (0, 0), True),
    "cover_all": ((1, 2, 8, 7), (3, 2), (2, 2), (0, 0), True),
    "odd": ((3, 1, 5, 7), (4, 3), (3, 4), (2, 1), True),
    "gaps": ((1, 2, 9, 9), (2, 2), (3, 4), (0, 0), False),
    "global": ((2, 5, 7, 7), (7, 7), (1, 1), (0, 0), False),
    "large": ((1, 2, 40, 41), (17, 20), (11, 7), (3, 4), True),
    "one pixel": ((1, 1, 1, 1), (1, 1), (1, 1), (0, 0), False),
    "1-d": ((2, 3, 11), (3,), (2,), (1,), True),
    "3-d": ((2, 3, 5, 6, 7), (2, 3, 2), (2, 1, 2), (1, 1, 0), True),
    "4-d": ((1, 2, 3, 4, 3, 4), (2, 2, 2, 2), (1, 2, 1, 2), (0, 0, 0, 0), False),
    "empty batch": ((0, 3, 8, 8), (2, 2), (2, 2), (0, 0), False),
    "many images": ((30, 40, 12, 12), (3, 3), (2, 2), (1, 1), True),
}


@pytest.fixture(params=CASES)
def case(request, rng):
    shape, ksize, stride, pad, cover_all = CASES[request.param]
    out_size = tuple(
        chainer.utils.conv.get_conv_outsize(n, k, s, p, cover_all) for n, k, s, p in zip(shape[2:], ksize, stride, pad)
    )
    x = rng.standard_normal(shape).astype(np.float32)
    gy = rng.standard_normal((*shape[:2], *out_size)).astype(np.float32)
    return x, gy, (ksize, stride, pad)


def test_max(case, lay):
    x, gy, geometry = case
    y, indexes = pooling.max_pool(lay(x), *geometry, gy.shape[2:])
    wide_y, wide_indexes = pooling.max_pool(x.astype(np.float64), *geometry, gy.shape[2:])
    np.testing.assert_array_equal(y, wide_y)
    np.testing.assert_array_equal(indexes, wide_indexes)
    assert indexes.dtype == wide_indexes.dtype
    gx = pooling.max_pool_back(lay(gy), indexes, *geometry, x.shape[2:])
    expected = pooling.max_pool_back(gy.astype(np.float64), wide_indexes, *geometry, x.shape[2:])
    assert gx.dtype == np.float32
    np.testing.assert_allclose(gx, expected, atol=1e-6 * np.abs(expected).max(initial=0), rtol=0)


@pytest.mark.parametrize("includes_pad", [True, False])
def test_average(case, lay, includes_pad):
    x, gy, (ksize, stride, pad) = case
    # Average pooling has no cover_all: each window meets the image.
    out_size = [chainer.utils.conv.get_conv_outsize(*sizes) for sizes in zip(x.shape[2:], ksize, stride, pad)]
    gy, geometry = gy[(..., *[slice(n) for n in out_size])], (ksize, stride, pad)
    y = pooling.average_pool(lay(x), *geometry, gy.shape[2:], includes_pad)
    expected = pooling.average_pool(x.astype(np.float64), *geometry, gy.shape[2:], includes_pad)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, atol=1e-6 * np.abs(expected).max(initial=0), rtol=0)
    gx = pooling.average_pool_back(lay(gy), *geometry, x.shape[2:], includes_pad)
    expected = pooling.average_pool_back(gy.astype(np.float64), *geometry, x.shape[2:], includes_pad)
    assert gx.dtype == np.float32
    np.testing.assert_allclose(gx, expected, atol=1e-6 * np.abs(expected).max(initial=0), rtol=0)


def test_of_equal_elements_the_first_is_the_maximum():
    y, indexes = pooling.max_pool(np.ones((1, 1, 4, 4), "f"), (3, 3), (1, 1), (1, 1), (4, 4))
    expected = pooling.max_pool(np.ones((1, 1, 4, 4)), (3, 3), (1, 1), (1, 1), (4, 4))[1]
    assert (y == 1).all()
    np.testing.assert_array_equal(indexes, expected)


def test_nan_is_a_maximum():
    x = np.zeros((1, 1, 4, 4), np.float32)
    x[0, 0, 1, 1] = np.nan
    y = F.max_pooling_2d(x, 2).array
    np.testing.assert_array_equal(np.isnan(y[0, 0]), [[True, False], [False, False]])


def test_windows_of_nothing_but_minus_infinity():
    x = chainer.Variable(np.full((1, 1, 4, 4), -np.inf, np.float32))
    y = F.max_pooling_2d(x, 3, stride=1, pad=1)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert (y.array == -np.inf).all()
    assert np.isfinite(x.grad).all()
