"""The operators of variables: both sides, all kinds of operands, broadcasting, dtypes."""

from __future__ import annotations

import operator

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends import kernels
from chainer.utils.type_check import InvalidType
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "**": operator.pow,
}
SMOOTH = OPERATORS.keys() - {"//"}
NUMBERS = {
    "int": 2,
    "float": 2.5,
    "bool": True,
    "float64": np.float64(1.5),
    "float32": np.float32(1.5),
    "float16": np.float16(1.5),
    "int64": np.int64(2),
    "0-d": np.array(1.5),
}
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}

operators = pytest.mark.parametrize("symbol", OPERATORS)
dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


def draw(rng, shape, dtype="float64"):
    return rng.uniform(1, 3, shape).astype(dtype)


@operators
@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS.keys())
@pytest.mark.parametrize("shape", [(), (3,), (0, 2)])
@dtypes
def test_a_number_takes_the_dtype(rng, symbol, number, shape, dtype):
    function = OPERATORS[symbol]
    x = draw(rng, shape, dtype)
    for y, expected in (
        (function(chainer.Variable(x), number), function(x.astype("float64"), float(number))),
        (function(number, chainer.Variable(x)), function(float(number), x.astype("float64"))),
    ):
        assert isinstance(y, chainer.Variable) and y.dtype == dtype
        np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype])


@operators
@pytest.mark.parametrize("other", ["float16", "float64", "int32"])
@dtypes
def test_an_array_takes_the_dtype(rng, symbol, other, dtype):
    function = OPERATORS[symbol]
    x, array = draw(rng, (2, 3), dtype), draw(rng, (3,), other)
    converted = array.astype(dtype)
    for y, expected in (
        (function(chainer.Variable(x), array), function(x, converted)),
        (function(array, chainer.Variable(x)), function(converted, x)),
    ):
        assert isinstance(y, chainer.Variable) and y.dtype == dtype
        np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype])


@operators
@pytest.mark.parametrize(
    "shapes",
    [((), ()), ((2, 3), (2, 3)), ((2, 3), (3,)), ((1,), (2, 3)), ((2, 1), (1, 3)), ((), (2, 3)), ((0, 3), (3,))],
    ids=str,
)
@dtypes
def test_two_variables(rng, symbol, shapes, dtype):
    lhs, rhs = [draw(rng, shape, dtype) for shape in shapes]
    y = OPERATORS[symbol](chainer.Variable(lhs), chainer.Variable(rhs))
    expected = OPERATORS[symbol](lhs, rhs)
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("symbol", sorted(SMOOTH))
@pytest.mark.parametrize(
    "shapes", [((), ()), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), ())], ids=str
)
def test_gradients_of_two_variables(rng, check_gradients, symbol, shapes):
    lhs, rhs = [draw(rng, shape) for shape in shapes]
    check_gradients(OPERATORS[symbol], lhs, rhs)
    check_gradients(OPERATORS[symbol], rhs, lhs)


@pytest.mark.parametrize("symbol", sorted(SMOOTH))
@pytest.mark.parametrize("number", [-2, -0.5, 0.5, 1, 2, 3])
def test_gradients_with_a_number(rng, check_gradients, symbol, number):
    x = draw(rng, (2, 3))
    check_gradients(lambda x: OPERATORS[symbol](x, number), x)
    if not (symbol == "**" and number < 0):
        check_gradients(lambda x: OPERATORS[symbol](number, x), x)


def test_power_zero_has_gradient_zero_everywhere():
    x = chainer.Variable(np.array([0, -1, 2], "float32"))
    y = x**0
    y.grad = np.ones(3, "float32")
    y.backward()
    np.testing.assert_array_equal(y.array, 1)
    np.testing.assert_array_equal(x.grad, 0)


def test_second_derivatives_of_small_powers_at_zero():
    """Where x ** (n - 2) has no value, though the derivative has."""
    x = chainer.Variable(np.zeros(1))
    for power, expected in ((1, 0.0), (2, 2.0), (3, 0.0)):
        (gx,) = chainer.grad([F.sum(x**power)], [x], enable_double_backprop=True)
        (ggx,) = chainer.grad([F.sum(gx)], [x])
        np.testing.assert_array_equal(ggx.array, expected)


def test_no_gradient_for_a_power_of_a_negative_number():
    x = chainer.Variable(np.array([2.0]))
    y = (-2) ** x
    np.testing.assert_array_equal(y.array, 4)
    with pytest.raises(ValueError, match=r"base of a power must be positive .* -2 \*\* x"):
        y.backward()


def test_division_by_the_number_zero():
    with pytest.raises(ZeroDivisionError):
        chainer.Variable(np.ones(2)) / 0


@pytest.mark.parametrize("symbol", ["+", "-"])
def test_integers_add_up(symbol):
    x, y = np.array([5, 7], "int32"), np.array([1, 2], "int32")
    for rhs, meaning in ((2, 2), (2.9, 2), (y, y), (chainer.Variable(y), y)):
        z = OPERATORS[symbol](chainer.Variable(x), rhs)
        assert z.dtype == "int32"
        np.testing.assert_array_equal(z.array, OPERATORS[symbol](x, meaning))


def test_integers_times_a_number():
    x = chainer.Variable(np.array([5, 7], "int64"))
    np.testing.assert_array_equal((x * 2).array, [10, 14])
    np.testing.assert_array_equal((2.9 * x).array, [10, 14])
    np.testing.assert_array_equal((-x).array, [-5, -7])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x,
        lambda x: x / x,
        lambda x: x / 2,
        lambda x: 2 / x,
        lambda x: x // 2,
        lambda x: x**x,
        lambda x: x**2,
        lambda x: 2**x,
        abs,
        lambda x: x @ x,
    ],
)
def test_refuses_integers(function):
    with pytest.raises(InvalidType, match=r"dtype.kind == f"):
        function(chainer.Variable(np.ones(2, "int32")))


@operators
def test_refuses_variables_of_other_dtypes_and_shapes(symbol):
    x = chainer.Variable(np.ones((2, 3), "float32"))
    with pytest.raises(InvalidType, match="lhs.dtype == rhs.dtype"):
        OPERATORS[symbol](x, chainer.Variable(np.ones((2, 3), "float64")))
    with pytest.raises(InvalidType, match="cannot broadcast"):
        OPERATORS[symbol](x, chainer.Variable(np.ones((3, 2), "float32")))


@operators
@pytest.mark.parametrize("other", [[1, 2, 3], None, "a", 1j], ids=str)
def test_refuses_what_is_no_number(symbol, other):
    x = chainer.Variable(np.ones(3, "float32"))
    for call in (lambda: OPERATORS[symbol](x, other), lambda: OPERATORS[symbol](other, x)):
        with pytest.raises(TypeError, match="Value must be a scalar"):
            call()


@pytest.mark.parametrize(
    ("label", "function"),
    [
        ("_ + 2", lambda x: x + 2),
        ("_ + (-2.0)", lambda x: x - 2.0),
        ("2 - _", lambda x: 2 - x),
        ("_ * (-3)", lambda x: x * -3),
        ("_ * 0.5", lambda x: x / 2),
        ("3 / _", lambda x: 3 / x),
        ("_ ** 2", lambda x: x**2),
        ("2 ** _", lambda x: 2**x),
        ("_ + _", lambda x: x + x),
        ("_ - _", lambda x: x - x),
        ("_ * _", lambda x: x * x),
        ("_ / _", lambda x: x / x),
        ("_ ** _", lambda x: x**x),
        ("MatMul", lambda x: x @ x),
        ("MultiAdd", lambda x: F.add(x, x, x)),
    ],
)
def test_labels(label, function):
    assert function(chainer.Variable(np.ones(2, "float32"))).creator.label == label


@given(st.data(), mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_gradients_have_the_shapes_of_their_variables(data, shapes):
    lhs, rhs = [chainer.Variable(np.full(shape, 2.0)) for shape in shapes.input_shapes]
    function = OPERATORS[data.draw(st.sampled_from(sorted(SMOOTH)))]
    y = function(lhs, rhs)
    assert y.shape == shapes.result_shape
    gxs = chainer.grad([F.sum(y)], [lhs, rhs])
    # of ones, each gradient is the derivative times how often the element was repeated
    derivative, _ = chainer.grad([F.sum(function(a := chainer.Variable(np.full(1, 2.0)), np.full(1, 2.0)))], [a, a])
    if lhs.size:
        np.testing.assert_allclose(gxs[0].array, derivative.array[0] * (y.size / lhs.size))
    assert [gx.shape for gx in gxs] == [lhs.shape, rhs.shape]


# add


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_add_sums_any_number_of_arrays(rng, check_gradients, n):
    xs = [rng.normal(size=(2, 3)) for _ in range(n)]
    np.testing.assert_allclose(F.add(*xs).array, np.sum(xs, axis=0))
    check_gradients(F.add, *xs)


def test_add_broadcasts(rng, check_gradients):
    xs = [rng.normal(size=shape) for shape in ((3,), (), (2, 1), (2, 3))]
    np.testing.assert_allclose(F.add(*xs).array, xs[0] + xs[1] + xs[2] + xs[3])
    check_gradients(F.add, *xs)
    xs = [np.array(1.0), np.array(2.0), np.array(3.0)]
    np.testing.assert_array_equal(F.add(*xs).array, 6)


def test_add_leaves_its_inputs_alone(rng):
    xs = [rng.normal(size=3) for _ in range(3)]
    copies = [x.copy() for x in xs]
    F.add(*xs)
    np.testing.assert_array_equal(xs, copies)


def test_add_takes_numbers():
    x = np.array([1, 2], "float16")
    for y in (F.add(x, 2.5), F.add(np.float64(2.5), x)):
        assert y.dtype == "float16"
        np.testing.assert_array_equal(y.array, [3.5, 4.5])


def test_add_refuses():
    x = np.ones((2, 3), "float32")
    with pytest.raises(InvalidType, match="dtype"):
        F.add(x, x, x.astype("float64"))
    with pytest.raises(InvalidType, match="cannot broadcast"):
        F.add(x, x, x.T)
    with pytest.raises(TypeError, match="float"):
        F.add(x, x, 1.0)


def test_add_asks_for_a_kernel(own_kernels, rng):
    xs = [rng.normal(size=3) for _ in range(4)]
    kernels.register("sum_many", np.ndarray)(lambda xs: np.sum(xs, axis=0) + 100)
    np.testing.assert_allclose(F.add(*xs).array, np.sum(xs, axis=0) + 100)
    np.testing.assert_allclose(F.add(*xs, np.array(1.0)).array, np.sum(xs, axis=0) + 1)


# @


def test_matmul_operator(rng):
    a, b = rng.normal(size=(2, 3)).astype("float32"), rng.normal(size=(3, 4))
    expected = a @ b
    for y in (chainer.Variable(a) @ b, b.T @ chainer.Variable(a.T)):
        assert y.dtype == "float32"
    np.testing.assert_allclose((chainer.Variable(a) @ b).array, expected, rtol=1e-5)
    np.testing.assert_allclose((a @ chainer.Variable(b)).array, expected, rtol=1e-5)


def test_matmul_operator_refuses_numbers():
    x = chainer.Variable(np.ones((2, 2), "float32"))
    for call in (lambda: x @ 2.0, lambda: 2.0 @ x):
        with pytest.raises(TypeError, match="float"):
            call()
    with pytest.raises(InvalidType, match="ndim >= 1"):
        x @ np.array(2.0)
