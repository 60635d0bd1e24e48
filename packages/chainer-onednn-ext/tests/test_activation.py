"""Against the plain body in float64; tolerance 1e-6 of the value, and as much absolute for the derivatives."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep

FUNCTIONS = {
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "elu": F.elu,
    "elu, 0.3": lambda x: F.elu(x, 0.3),
    "leaky_relu": F.leaky_relu,
    "leaky_relu, 1.5": lambda x: F.leaky_relu(x, 1.5),
    "clipped_relu": lambda x: F.clipped_relu(x, 1.0),
    "softplus": F.softplus,
    "softplus, 3": lambda x: F.softplus(x, 3.0),
    "softplus, -1": lambda x: F.softplus(x, -1.0),
}
SHAPES = [(), (1,), (7, 3), (0, 4), (3, 8), (130, 1001)]


def value_and_gradient(function, x, gy):
    v = chainer.Variable(x)
    y = function(v)
    y.grad = gy
    y.backward()
    return y.array, v.grad


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_matches_plain(name, shape, lay, rng):
    x, gy = (np.asarray(4 * rng.standard_normal(shape), np.float32) for _ in range(2))
    before = declined.total()
    actual = value_and_gradient(FUNCTIONS[name], lay(x), lay(gy))
    assert declined.total() == before
    y, gx = value_and_gradient(FUNCTIONS[name], x.astype(np.float64), gy.astype(np.float64))
    for a in actual:
        assert a.dtype == np.float32
        assert a.shape == lay(x).shape
    np.testing.assert_allclose(actual[0], y, rtol=1e-6, atol=1e-12)
    # The derivative is computed from the value as float32: its error is that of the value times gy.
    np.testing.assert_allclose(actual[1], gx, rtol=1e-6, atol=1e-6 * np.abs(gy).max(initial=0))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_extremes(name):
    x = np.array([0, -0.0, 1e-30, -1e-30, 1e-6, -1e-6, 20, -20, 88, -88, 1e4, -1e4, np.inf, -np.inf], np.float32)
    with np.errstate(over="ignore"):
        expected = FUNCTIONS[name](x.astype(np.float64)).array.astype(np.float32)
    # Results below the smallest normal number may be 0.
    np.testing.assert_allclose(FUNCTIONS[name](x).array, expected, rtol=1e-6, atol=np.finfo(np.float32).tiny)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_stays(name):
    assert np.isnan(FUNCTIONS[name](np.full(11, np.nan, np.float32)).array).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_element_alone_gives_the_same_bits(name, rng):
    x = rng.standard_normal(37).astype(np.float32)
    alone = [FUNCTIONS[name](x[i : i + 1]).array[0] for i in range(x.size)]
    np.testing.assert_array_equal(FUNCTIONS[name](x).array, alone)


@pytest.mark.parametrize("function", [lambda x: F.elu(x, -0.5), lambda x: F.leaky_relu(x, -0.5)])
def test_parameters_for_which_the_output_does_not_tell_the_input(function, rng):
    x, gy = (rng.standard_normal((3, 5)).astype(np.float32) for _ in range(2))
    actual = value_and_gradient(function, x, gy)
    expected = value_and_gradient(function, x.astype(np.float64), gy.astype(np.float64))
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-6)
    np.testing.assert_allclose(actual[1], expected[1], rtol=1e-6)


def test_an_unknown_name_is_left_to_the_plain_body():
    from chainer_onednn_ext.activation import eltwise

    before = declined["eltwise"]
    assert eltwise(np.ones(3, np.float32), "mish") is None
    assert declined["eltwise"] == before + 1


def test_second_derivatives(rng):
    x = chainer.Variable(rng.standard_normal((4, 5)).astype(np.float32))
    wide = chainer.Variable(x.array.astype(np.float64))
    for name in ("sigmoid", "tanh", "elu", "softplus"):
        actual, expected = (
            chainer.grad([F.sum(chainer.grad([F.sum(getattr(F, name)(v))], [v], enable_double_backprop=True)[0])], [v])
            for v in (x, wide)
        )
        np.testing.assert_allclose(actual[0].array, expected[0].array, atol=2e-6)
