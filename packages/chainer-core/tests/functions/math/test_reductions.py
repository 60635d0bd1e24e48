"""Functions over axes: sums, means, products, extremes, and what accumulates along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.utils.type_check import InvalidType
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays


class Reduction(NamedTuple):
    """A reduction, and its definition; ``keepdims`` tells whether it takes that argument."""

    function: Callable[..., Any]
    reference: Callable[..., Any]
    keepdims: bool = True


REDUCTIONS = {
    "average": Reduction(F.average, np.mean),
    "logsumexp": Reduction(F.logsumexp, scipy.special.logsumexp, keepdims=False),
    "max": Reduction(F.max, np.max),
    "mean": Reduction(F.mean, np.mean),
    "min": Reduction(F.min, np.min),
    "prod": Reduction(F.prod, np.prod),
    "sum": Reduction(F.sum, np.sum),
}
ALONG = {
    "cumprod": (F.cumprod, np.cumprod),
    "cumsum": (F.cumsum, np.cumsum),
    "argmax": (F.argmax, np.argmax),
    "argmin": (F.argmin, np.argmin),
}
AXES = [None, 0, -1, (1,), (0, 2), (-1, 0), (0, 1, 2), ()]
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}

reductions = pytest.mark.parametrize("name", REDUCTIONS)
dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


def reduced(name: str, x: Any, axis: Any, keepdims: bool) -> Any:
    case = REDUCTIONS[name]
    return case.function(x, axis, **({"keepdims": True} if keepdims else {}))


@reductions
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@dtypes
def test_reduction_matches_reference(rng, name, axis, keepdims, dtype):
    keepdims = keepdims and REDUCTIONS[name].keepdims
    x = rng.uniform(0.5, 1.5, (2, 3, 4)).astype(dtype)
    y = reduced(name, x, axis, keepdims)
    expected = np.asarray(REDUCTIONS[name].reference(x.astype("float64"), axis=axis, keepdims=keepdims))
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@reductions
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reduction_gradients(rng, check_gradients, name, axis, keepdims):
    keepdims = keepdims and REDUCTIONS[name].keepdims
    check_gradients(lambda x: reduced(name, x, axis, keepdims), rng.uniform(0.5, 1.5, (2, 3, 4)))


@reductions
def test_reduction_of_0d(rng, check_gradients, name):
    x = np.array(1.5)
    np.testing.assert_allclose(REDUCTIONS[name].function(x).array, 1.5)
    check_gradients(REDUCTIONS[name].function, x)


@reductions
def test_reduction_takes_any_layout(rng, name):
    x = rng.uniform(0.5, 1.5, (4, 6))
    np.testing.assert_allclose(
        REDUCTIONS[name].function(x[::2, ::-1], 1).array, REDUCTIONS[name].function(x[::2, ::-1].copy(), 1).array
    )


@reductions
def test_reduction_along_a_full_axis_of_an_empty_array(name):
    x = chainer.Variable(np.zeros((0, 3), "float32"))
    y = REDUCTIONS[name].function(x, axis=1)
    assert y.shape == (0,) and y.dtype == "float32"
    F.sum(y).backward()
    assert x.grad.shape == (0, 3)


@reductions
def test_reduction_refuses(name):
    function = REDUCTIONS[name].function
    x = np.ones((2, 3), "float32")
    with pytest.raises(InvalidType, match="x.ndim"):
        function(x, 2)
    with pytest.raises(InvalidType, match="x.ndim"):
        function(x, (0, -3))
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        function(x.astype("int32"))
    with pytest.raises(ValueError, match="duplicate value in axis"):
        function(x, (0, 0))
    with pytest.raises(ValueError, match="duplicate value"):
        function(x, (0, -2))
    for axis in (1.0, "0", (0, 1.0)):
        with pytest.raises(TypeError, match="None, an int or a tuple of ints"):
            function(x, axis)


@pytest.mark.parametrize("name", ["max", "min", "logsumexp"])
def test_no_extreme_of_nothing(name):
    with pytest.raises(ValueError, match="zero-size array"):
        REDUCTIONS[name].function(np.zeros((0, 3)), 0)


def test_no_average_of_nothing():
    with pytest.raises(ZeroDivisionError, match=r"\(0, 3\)"):
        F.average(np.zeros((0, 3)), 0)


# sum_to


@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (2, 1), (2, 3), (1,)])
def test_sum_to(rng, check_gradients, shape):
    x = rng.normal(size=(2, 3))
    y = F.sum_to(x, shape)
    # the transpose of broadcasting: <sum_to(x), z> == <x, broadcast(z)>
    z = rng.normal(size=shape)
    np.testing.assert_allclose((y.array * z).sum(), (x * z).sum())
    assert y.shape == shape
    check_gradients(lambda x: F.sum_to(x, shape), x)


# average


def test_average_of_float16_does_not_overflow():
    assert F.average(np.full(100000, 2, "float16")).array == 2
    x = chainer.Variable(np.full(70000, 2, "float16"))
    F.average(x).backward()
    np.testing.assert_allclose(x.grad, 1 / 70000, rtol=1e-2)


@pytest.mark.parametrize("keepdims", [False, True])
@dtypes
def test_weighted_average(rng, keepdims, dtype):
    x, w = rng.uniform(0.5, 1.5, (2, 3, 4)).astype(dtype), rng.uniform(0.5, 1.5, (2, 3, 4)).astype(dtype)
    y = F.average(x, weights=w, keepdims=keepdims)
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.array, np.average(x, weights=w, keepdims=keepdims).astype("float64"), rtol=TOLERANCE[dtype]
    )
    for axis in (1, -2, (1,)):
        y = F.average(x, axis, chainer.Variable(w[0, :, 0]), keepdims)
        expected = np.average(x, 1, w[0, :, 0], keepdims=keepdims)
        assert y.dtype == dtype
        np.testing.assert_allclose(y.array, expected.astype("float64"), rtol=TOLERANCE[dtype])


def test_gradients_of_a_weighted_average(rng, check_gradients):
    x, w = rng.uniform(0.5, 1.5, (2, 3)), rng.uniform(0.5, 1.5, (2, 3))
    check_gradients(lambda x, w: F.average(x, weights=w), x, w)
    check_gradients(lambda x, w: F.average(x, 1, w, True), x, w[0])


def test_weights_that_are_an_array_take_the_dtype():
    x = np.array([[1, 2], [3, 4]], "float16")
    for weights in (np.array([1, 3]), np.array([1.0, 3.0])):
        y = F.average(x, 0, weights)
        assert y.dtype == "float16"
        np.testing.assert_array_equal(y.array, [2.5, 3.5])


def test_weighted_average_refuses():
    x, w = np.ones((2, 3), "float32"), np.ones(2, "float32")
    with pytest.raises(ValueError, match="tuple axis is not supported"):
        F.average(x, (0, 1), x)
    with pytest.raises(InvalidType, match="prod"):
        F.average(x, 1, w)
    with pytest.raises(InvalidType):
        F.average(x, 0, chainer.Variable(w.astype("float64")))


def test_mean_of_a_variable(rng):
    x = rng.normal(size=(2, 3))
    np.testing.assert_allclose(chainer.Variable(x).mean(axis=1, keepdims=True).array, x.mean(1, keepdims=True))


# max and min


@pytest.mark.parametrize(("function", "x"), [(F.max, [1, 3, 3]), (F.min, [5, 2, 2])])
def test_all_extremes_get_the_gradient(function, x):
    x = chainer.Variable(np.array(x, "float32"))
    y = function(x)
    y.grad = np.array(2.5, "float32")
    y.backward()
    np.testing.assert_array_equal(x.grad, [0, 2.5, 2.5])


# logsumexp


def test_logsumexp_does_not_overflow():
    x = np.array([[1000, 1000], [-1000, -1000], [-np.inf, 3], [-np.inf, -np.inf], [np.inf, 0]])
    expected = [1000 + np.log(2), -1000 + np.log(2), 3, -np.inf, np.inf]
    np.testing.assert_allclose(F.logsumexp(x, axis=1).array, expected)


@given(arrays("float64", array_shapes(max_dims=1, min_side=1), elements={"min_value": -50, "max_value": 50}))
def test_gradients_of_logsumexp_are_probabilities(x):
    v = chainer.Variable(x)
    F.logsumexp(v).backward()
    np.testing.assert_allclose(v.grad.sum(), 1)
    np.testing.assert_allclose(v.grad, scipy.special.softmax(x))


# prod and cumprod


@pytest.mark.parametrize("n_zeros", [0, 1, 2])
@pytest.mark.parametrize(
    "function",
    [F.prod, lambda x: F.prod(x, 1), F.cumprod, lambda x: F.cumprod(x, 0), lambda x: F.cumprod(x, -1)],
    ids=["prod", "prod axis", "cumprod", "cumprod axis 0", "cumprod axis 1"],
)
def test_products_with_zeros_have_exact_gradients(rng, check_gradients, function, n_zeros):
    x = rng.uniform(0.5, 1.5, (3, 5))
    x[1, [0, 3][:n_zeros]] = 0
    check_gradients(function, x)


def test_gradient_of_a_product_with_zeros():
    x = chainer.Variable(np.array([[3, 0, 2], [0, 0, 5]], "float32"))
    F.sum(F.prod(x, axis=1)).backward()
    np.testing.assert_array_equal(x.grad, [[0, 6, 0], [0, 0, 0]])


# along an axis


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@dtypes
def test_along_an_axis_matches_reference(rng, name, axis, dtype):
    function, reference = ALONG[name]
    x = rng.uniform(0.5, 1.5, (2, 3, 4)).astype(dtype)
    for array in (x, x.T):
        y = function(array, axis)
        expected = np.asarray(reference(array, axis=axis))
        assert y.dtype == ("int32" if name.startswith("arg") else dtype)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("function", [F.cumsum, F.cumprod])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_gradients_along_an_axis(rng, check_gradients, function, axis, length):
    check_gradients(lambda x: function(x, axis), rng.uniform(0.5, 1.5, (2, length, 3)))


@pytest.mark.parametrize("function", [F.cumsum, F.cumprod])
def test_accumulating_nothing_and_one_number(function):
    x = chainer.Variable(np.zeros((2, 0), "float32"))
    y = function(x, 1)
    y.grad = y.array
    y.backward()
    assert y.shape == x.grad.shape == (2, 0)
    y = function(chainer.Variable(np.array(3.0)))
    assert y.shape == (1,)


@pytest.mark.parametrize("name", ALONG)
def test_along_an_axis_refuses(name):
    function, _ = ALONG[name]
    x = np.ones((2, 3), "float32")
    with pytest.raises(TypeError, match="None or an int"):
        function(x, (0,))
    with pytest.raises(InvalidType, match="x.ndim"):
        function(x, 2)
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        function(x.astype("int32"))


def test_no_gradient_flows_into_an_index():
    x = chainer.Variable(np.array([1.0, 3.0]))
    y = F.argmax(x)
    assert y.array == 1 and y.creator is not None
    (gx,) = chainer.grad([F.cast(y, "float64")], [x])
    assert gx is None


# batch_l2_norm_squared


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (0, 3), (2, 0)])
@dtypes
def test_batch_l2_norm_squared(rng, shape, dtype):
    x = rng.uniform(-1, 1, shape).astype(dtype)
    y = F.batch_l2_norm_squared(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.array, np.linalg.norm(x.astype("float64").reshape(shape[0], int(np.prod(shape[1:]))), axis=1) ** 2, rtol=1e-2
    )


def test_batch_l2_norm_squared_gradients(rng, check_gradients):
    check_gradients(F.batch_l2_norm_squared, rng.normal(size=(2, 3)))
    check_gradients(F.batch_l2_norm_squared, rng.normal(size=(2, 3, 2)))


def test_batch_l2_norm_squared_refuses():
    with pytest.raises(InvalidType, match="x.ndim >= 2"):
        F.batch_l2_norm_squared(np.ones(3, "float32"))
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        F.batch_l2_norm_squared(np.ones((2, 3), "int32"))
