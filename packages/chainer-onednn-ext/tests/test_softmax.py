"""Against the plain body in float64; tolerance 2e-6 absolute, and of logarithms 2e-6 of the largest."""

import chainer
import chainer.functions as F
import numpy as np
import pytest

pytestmark = pytest.mark.ideep

# shape, axis
CASES = {
    "rows": ((5, 3), 1),
    "long rows": ((3, 5003), 1),
    "many rows": ((900, 300), 1),
    "columns": ((5, 3), 0),
    "many columns": ((7, 700), 0),
    "images": ((2, 5, 9, 31), 1),
    "from behind": ((2, 5, 3, 4), -3),
    "last of four": ((2, 5, 3, 17), -1),
    "vector": ((19,), 0),
    "one class": ((4, 1, 3), 1),
    "one element": ((1, 1), 1),
    "empty batch": ((0, 4), 1),
    "no classes": ((3, 0), 1),
}


def value_and_gradient(function, x, gy, axis):
    v = chainer.Variable(x)
    y = function(v, axis)
    y.grad = gy
    y.backward()
    return y.array, v.grad


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("case", CASES)
def test_matches_plain(function, case, lay, rng):
    shape, axis = CASES[case]
    x, gy = ((5 * rng.standard_normal(shape)).astype(np.float32) for _ in range(2))
    actual = value_and_gradient(function, lay(x), lay(gy), axis)
    expected = value_and_gradient(function, x.astype(np.float64), gy.astype(np.float64), axis)
    for a, e in zip(actual, expected):
        assert a.dtype == np.float32
        assert a.shape == shape
        np.testing.assert_allclose(a, e, rtol=0, atol=2e-6 * np.abs(e).max(initial=1))


@pytest.mark.parametrize("axis", [0, 1])
def test_is_exact_far_from_the_largest(axis):
    x = np.array([[0, -50, -80]], np.float32)
    x = x.T if axis == 0 else x
    np.testing.assert_allclose(F.softmax(x, axis).array.ravel(), np.exp([0.0, -50, -80]), rtol=1e-6)
    np.testing.assert_array_equal(F.log_softmax(x, axis).array.ravel(), [0, -50, -80])


@pytest.mark.parametrize("axis", [0, 1])
def test_minus_infinity_has_no_share(axis):
    x = np.array([[0, -np.inf, 0]], np.float32)
    x = x.T if axis == 0 else x
    np.testing.assert_allclose(F.softmax(x, axis).array.ravel(), [0.5, 0, 0.5])
    np.testing.assert_allclose(F.log_softmax(x, axis).array.ravel(), [-np.log(2), -np.inf, -np.log(2)], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_not_finite_shows(value, axis):
    x = np.zeros((3, 3), np.float32)
    x[1, 1] = value
    for function in (F.softmax, F.log_softmax):
        y = function(x, axis).array
        assert np.isnan(y[1] if axis == 1 else y[:, 1]).all()
        assert np.isfinite(y[0] if axis == 1 else y[:, 0]).all()
