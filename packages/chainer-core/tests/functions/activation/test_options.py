"""What single activations have beyond the common suite: randomness, refusals, laws."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends import kernels
from chainer.functions.activation.log_softmax import logsumexp
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from hypothesis.strategies import floats

matrices = arrays("float64", array_shapes(min_dims=2, max_dims=4), elements=floats(-50, 50))


@given(matrices)
def test_softmax_sums_to_one_whatever_is_added(x):
    y = F.softmax(x).array
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-10)
    np.testing.assert_allclose(F.softmax(x + 7).array, y, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(np.exp(F.log_softmax(x).array), y, rtol=1e-10, atol=1e-14)


@given(matrices)
def test_sigmoid_and_softplus_mirror(x):
    np.testing.assert_allclose(F.sigmoid(x).array + F.sigmoid(-x).array, 1, rtol=1e-12)
    np.testing.assert_allclose(F.softplus(x).array - F.softplus(-x).array, x, rtol=1e-10, atol=1e-12)


@given(matrices)
def test_crelu_halves_rebuild_the_input(x):
    positive, negative = np.split(F.crelu(x).array, 2, axis=1)
    np.testing.assert_array_equal(positive - negative, x)


@pytest.mark.parametrize(
    ("name", "kernel", "arguments"),
    [
        ("relu", "relu", ()),
        ("sigmoid", "eltwise", ("sigmoid",)),
        ("tanh", "eltwise", ("tanh",)),
        ("elu", "eltwise", ("elu", 1.0)),
        ("leaky_relu", "eltwise", ("leaky_relu", 0.2)),
        ("clipped_relu", "eltwise", ("clipped_relu", 20.0)),
        ("softplus", "eltwise", ("softplus", 1.0)),
        ("softmax", "softmax", (1,)),
        ("log_softmax", "log_softmax", (1,)),
    ],
)
def test_asks_for_kernels(name, kernel, arguments, monkeypatch):
    def forward(x, *given):
        assert given == arguments
        return x + 1

    def backward(y, gy, *given):
        assert given == arguments
        return y * gy

    monkeypatch.setitem(kernels._table, (kernel, np.ndarray), forward)
    monkeypatch.setitem(kernels._table, (f"{kernel}_backward", np.ndarray), backward)
    x = chainer.Variable(np.array([[1.0, 2.0]]))
    y = getattr(F, name)(x)
    y.grad = np.array([[3.0, 5.0]])
    y.backward()
    np.testing.assert_array_equal(y.array, [[2, 3]])
    np.testing.assert_array_equal(x.grad, [[6, 15]])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "elu", "leaky_relu", "clipped_relu", "softplus", "softmax"])
def test_a_kernel_may_leave_the_work(name, monkeypatch):
    def value_and_gradient():
        x = chainer.Variable(np.array([[-1.0, 2.0]]))
        y = getattr(F, name)(x)
        y.grad = np.array([[3.0, 5.0]])
        y.backward()
        return y.array, x.grad

    expected = value_and_gradient()
    for kernel in ("eltwise", "softmax"):
        monkeypatch.setitem(kernels._table, (kernel, np.ndarray), lambda *args: None)
        monkeypatch.setitem(kernels._table, (f"{kernel}_backward", np.ndarray), lambda *args: None)
    for actual, wanted in zip(value_and_gradient(), expected):
        np.testing.assert_array_equal(actual, wanted)


WIDE = np.float64(0.25)  # a hyperparameter of a stronger dtype than the data


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.clipped_relu(x, WIDE),
        lambda x: F.elu(x, WIDE),
        lambda x: F.selu(x, WIDE, WIDE),
        lambda x: F.leaky_relu(x, WIDE),
        lambda x: F.softplus(x, WIDE),
        lambda x: F.rrelu(x, WIDE, 2 * WIDE),
    ],
)
def test_hyperparameters_do_not_widen(function, dtype):
    x = chainer.Variable(np.array([[-1, 1]], dtype))
    y = function(x)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert y.dtype == x.grad.dtype == dtype


def test_logsumexp_keeps_the_axis(rng):
    x = rng.normal(size=(3, 4))
    np.testing.assert_allclose(logsumexp(x + 1e4, 1), np.log(np.exp(x).sum(1, keepdims=True)) + 1e4)


def test_rrelu_draws_slopes_in_the_published_order():
    x = -np.ones((2, 3), "float32")
    np.random.seed(0)
    y, r = F.rrelu(x, return_r=True)
    np.random.seed(0)
    np.testing.assert_array_equal(r, np.random.uniform(1 / 8, 1 / 3, x.shape).astype("float32"))
    np.testing.assert_array_equal(y.array, -r)


def test_rrelu_takes_slopes(rng):
    x, r = np.array([[-2.0, 3.0, -0.5]]), rng.uniform(0.1, 0.9, (1, 3))
    gy, ggx = rng.normal(size=(2, 1, 3))
    check_backward(lambda x: F.rrelu(x, r=r), x, gy)
    check_double_backward(lambda x: F.rrelu(x, r=r), x, gy, ggx)
    np.testing.assert_array_equal(F.rrelu(x, r=r).array, np.where(x > 0, x, r * x))


def test_rrelu_averages_when_not_training():
    with chainer.using_config("train", False):
        y, r = F.rrelu(-np.ones((2, 3), "float16"), 0.25, 0.75, return_r=True)
    assert r.dtype == y.dtype == "float16"
    np.testing.assert_array_equal(y.array, np.full((2, 3), -0.5))


X = np.ones((2, 4), "float32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.clipped_relu(X, 0), ValueError, "z must be positive, got 0"),
        (lambda: F.crelu(X, None), TypeError, "axis must be an integer"),
        (lambda: F.crelu(X, 2), InvalidType, "ndim"),
        (lambda: F.crelu(X, -3), InvalidType, "ndim"),
        (lambda: F.softmax(X, 2), InvalidType, "ndim"),
        (lambda: F.log_softmax(X, -3), InvalidType, "ndim"),
        (lambda: F.softplus(X, 0), ValueError, "beta must not be 0"),
        (lambda: F.maxout(X, 3), InvalidType, "divided by pool_size"),
        (lambda: F.maxout(X, 0), ValueError, "pool_size must be a positive integer"),
        (lambda: F.maxout(X, 2, axis=5), IndexError, "out of range"),
        (lambda: F.prelu(X, np.ones(3, "float32")), InvalidType, "W.shape"),
        (lambda: F.prelu(X, np.ones(4, "float64")), InvalidType, "W.dtype"),
        (lambda: F.prelu(X, np.ones((4, 1), "float32")), InvalidType, "ndim"),
        (lambda: F.swish(X, np.ones(3, "float32")), InvalidType, "beta.shape"),
        (lambda: F.rrelu(X, l=0.5, u=0.1), ValueError, "0 <= lower < upper < 1"),
        (lambda: F.rrelu(X, slope=1), TypeError, "slope"),
        (lambda: F.rrelu(X, train=True), ValueError, "using_config"),
        (lambda: F.rrelu(X, r=np.ones((1, 4), "float32")), InvalidType, "shape"),
        (lambda: F.rrelu(X, r=np.ones((2, 4), "float64")), InvalidType, "dtype"),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
