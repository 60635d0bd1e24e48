"""Functions of several arrays, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.utils.type_check import InvalidType


class Pair(NamedTuple):
    function: Callable[..., Any]
    reference: Callable[..., np.ndarray]


PAIRS = {
    "arctan2": Pair(F.arctan2, np.arctan2),
    "fmod": Pair(F.fmod, np.fmod),
    "maximum": Pair(F.maximum, np.maximum),
    "minimum": Pair(F.minimum, np.minimum),
}
SHAPES = [((), ()), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((0, 3), (3,))]
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}

pairs = pytest.mark.parametrize("name", PAIRS)
shapes = pytest.mark.parametrize("shapes", SHAPES, ids=str)


def draw(rng, shape):
    """Two arrays whose elements, and those of their quotient, are clear of each other and of integers."""
    lhs, rhs = shape
    x1 = rng.uniform(3.2, 3.8, lhs) * rng.choice([-1, 1], lhs)
    x2 = rng.uniform(1.1, 1.5, rhs) * rng.choice([-1, 1], rhs)
    return np.asarray(x1), np.asarray(x2)


@pairs
@shapes
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_reference(rng, name, shapes, dtype):
    x1, x2 = [x.astype(dtype) for x in draw(rng, shapes)]
    function, reference = PAIRS[name]
    for a, b in ((x1, x2), (x2, x1)):
        y, expected = function(a, b), reference(a.astype("float64"), b.astype("float64"))
        assert y.dtype == dtype and y.shape == expected.shape
        np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pairs
@shapes
def test_gradients(rng, check_gradients, name, shapes):
    check_gradients(PAIRS[name].function, *draw(rng, shapes))


@pairs
def test_gradient_of_one_input_alone(rng, name):
    x1, x2 = draw(rng, ((2, 3), (3,)))
    both = [chainer.Variable(x1), chainer.Variable(x2)]
    expected = chainer.grad([F.sum(PAIRS[name].function(*both))], both)
    for i in range(2):
        xs = [x1, x2]
        xs[i] = chainer.Variable(xs[i])
        (gx,) = chainer.grad([F.sum(PAIRS[name].function(*xs))], [xs[i]], enable_double_backprop=True)
        np.testing.assert_array_equal(gx.array, expected[i].array)
        if gx.requires_grad and gx.creator is not None:
            chainer.grad([F.sum(gx * xs[i])], [xs[i]])


@pairs
def test_refuses(name):
    x = np.ones((2, 3), "float32")
    function = PAIRS[name].function
    if name != "arctan2":
        with pytest.raises(InvalidType, match="dtype == "):
            function(x, x.astype("float64"))
    with pytest.raises(InvalidType, match="cannot broadcast"):
        function(x, x.T)
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        function(x.astype("int32"), x.astype("int32"))
    with pytest.raises(TypeError, match="float"):
        function(x, 2.0)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_arctan2_of_mixed_dtypes_is_promoted_and_its_gradients_are_not(shape):
    x1, x2 = chainer.Variable(np.ones(shape, "float16")), chainer.Variable(np.ones(shape, "float32"))
    y = F.arctan2(x1, x2)
    assert y.dtype == "float32"
    gx1, gx2 = chainer.grad([F.sum(y)], [x1, x2])
    assert (gx1.dtype, gx2.dtype) == ("float16", "float32")
    np.testing.assert_array_equal([gx1.array, gx2.array], [np.full(shape, 0.5), np.full(shape, -0.5)])


@pytest.mark.parametrize("function", [F.maximum, F.minimum])
def test_of_equal_elements_the_first_gets_the_gradient(function):
    x1, x2 = chainer.Variable(np.ones(2, "float32")), chainer.Variable(np.ones(2, "float32"))
    y = function(x1, x2)
    y.grad = np.array([2, 3], "float32")
    y.backward()
    np.testing.assert_array_equal(x1.grad, [2, 3])
    np.testing.assert_array_equal(x2.grad, 0)


# clip


@pytest.mark.parametrize(("x_min", "x_max"), [(-1, 1), (-0.5, None), (None, 0.5), (np.float64(-1), np.array(0.5))])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_clip(rng, x_min, x_max, dtype):
    x = rng.uniform(-2, 2, (4, 5)).astype(dtype)
    y = F.clip(x[::2, ::-1], x_min, x_max)
    assert y.dtype == dtype
    low, high = -np.inf if x_min is None else x_min, np.inf if x_max is None else x_max
    np.testing.assert_array_equal(y.array, np.minimum(np.maximum(x[::2, ::-1].astype("float64"), low), high))
    assert F.clip(np.zeros((0, 3), dtype), x_min, x_max).shape == (0, 3)


@pytest.mark.parametrize(("x_min", "x_max"), [(-1, 1), (-0.5, None), (None, 0.5)])
@pytest.mark.parametrize("shape", [(), (8,)])
def test_clip_gradients(check_gradients, x_min, x_max, shape):
    x = np.linspace(-1.9, 1.9, 8) if shape else np.array(0.2)
    check_gradients(lambda x: F.clip(x, x_min, x_max), x)


def test_the_gradient_passes_on_the_limits():
    x = chainer.Variable(np.array([-2, -1, 0, 1, 2], "float32"))
    y = F.clip(x, -1, 1)
    y.grad = np.full(5, 3, "float32")
    y.backward()
    np.testing.assert_array_equal(x.grad, [0, 3, 3, 3, 0])


def test_clip_refuses():
    x = np.ones(3, "float32")
    for limits in ((1, 0), (1, 1)):
        with pytest.raises(ValueError, match="x_min must be less than x_max"):
            F.clip(x, *limits)
    with pytest.raises(ValueError, match="x_min or x_max must be set"):
        F.clip(x, None, None)
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        F.clip(x.astype("int32"), 0, 1)


# polygamma and zeta


def test_polygamma_of_many_orders(rng, check_gradients):
    n, x = np.array([[0], [1], [2]]), rng.uniform(1, 3, 4)
    np.testing.assert_allclose(F.polygamma(n, x).array, scipy.special.polygamma(n, x))
    check_gradients(lambda x: F.polygamma(n, x), x)
    check_gradients(lambda x: F.polygamma(n[:, 0], x), x[:3])
    order = chainer.Variable(n)
    y = F.polygamma(order, chainer.Variable(x))
    y.grad = np.ones(y.shape)
    y.backward()
    assert order.grad is None


def test_polygamma_refuses():
    x = np.ones((2, 3), "float32")
    with pytest.raises(InvalidType, match="n.dtype.kind == i"):
        F.polygamma(x, x)
    with pytest.raises(InvalidType, match="x.dtype.kind == f"):
        F.polygamma(1, x.astype("int32"))
    with pytest.raises(InvalidType, match="cannot broadcast"):
        F.polygamma(np.ones((3, 2), int), x)


def test_polygamma_continues_digamma(rng):
    x = rng.uniform(1, 3, 5)
    np.testing.assert_allclose(F.polygamma(0, x).array, F.digamma(x).array)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_zeta_of_many_exponents(rng, check_gradients, dtype):
    x, q = np.array([[2.0], [3.5]]), rng.uniform(1, 3, 4)
    y = F.zeta(x, q.astype(dtype))
    assert y.dtype == dtype
    np.testing.assert_allclose(y.array, scipy.special.zeta(x, q), rtol=TOLERANCE[dtype])
    check_gradients(lambda q: F.zeta(x, q), q)
    check_gradients(lambda q: F.zeta(np.array([2, 3, 4, 5]), q), q)


# linear_interpolate, bias, scale


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_linear_interpolate(rng, shape, dtype):
    p, x, y = rng.uniform(0, 1, (3, *shape)).astype(dtype)
    z = F.linear_interpolate(np.asarray(p), np.asarray(x), np.asarray(y))
    assert z.dtype == dtype
    np.testing.assert_allclose(z.array, y + (x - y) * p, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_linear_interpolate_gradients(rng, check_gradients, shape):
    check_gradients(F.linear_interpolate, *[rng.normal(size=shape) for _ in range(3)])


def test_linear_interpolate_refuses():
    x = np.ones((2, 3), "float32")
    with pytest.raises(InvalidType, match="p.shape == y.shape"):
        F.linear_interpolate(x, x, x[0])
    with pytest.raises(InvalidType, match="x.dtype == p.dtype"):
        F.linear_interpolate(x, x.astype("float64"), x)


@pytest.mark.parametrize(("function", "reference"), [(F.bias, np.add), (F.scale, np.multiply)])
class TestAlongAxes:
    @pytest.mark.parametrize(
        ("y_shape", "axis", "index"),
        [
            ((3,), 1, (None, slice(None), None)),
            ((2, 3), 0, (slice(None), slice(None), None)),
            ((4,), 2, (None, None, slice(None))),
            ((), 1, (None, None, None)),
            ((2, 3, 4), 0, ()),
        ],
    )
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_matches_reference(self, rng, function, reference, y_shape, axis, index, dtype):
        x, y = rng.normal(size=(2, 3, 4)).astype(dtype), rng.normal(size=y_shape).astype(dtype)
        z = function(x, y, axis)
        assert z.dtype == dtype
        np.testing.assert_array_equal(z.array, reference(x, y[index]))

    def test_gradients(self, rng, check_gradients, function, reference):
        x = rng.normal(size=(2, 3, 4))
        check_gradients(function, x, rng.normal(size=3))
        check_gradients(lambda x, y: function(x, y, 0), x, rng.normal(size=(2, 3)))

    def test_refuses(self, function, reference):
        x = np.ones((2, 3), "float32")
        with pytest.raises(InvalidType, match="shape"):
            function(x, x[:, 0])
        for axis in (-1, 2):
            with pytest.raises(InvalidType, match="ndim"):
                function(x, x[0], axis)
