"""Functions that draw random numbers."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.backends import kernels
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType
from hypothesis import given
from hypothesis.strategies import floats

DTYPES = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


@DTYPES
@pytest.mark.parametrize("ratio", [0.0, 0.3, np.float64(0.5), 0.9])
def test_dropout_draws_in_the_published_order(dtype, ratio, rng):
    x = rng.normal(size=(4, 5)).astype(dtype)
    np.random.seed(1)
    with chainer.using_config("use_ideep", "never"):  # a kernel draws in an order of its own
        y, mask = F.dropout(x, ratio, return_mask=True)
    np.random.seed(1)
    kept = np.random.rand(4, 5) >= ratio
    assert y.dtype == mask.dtype == dtype
    np.testing.assert_array_equal(mask, kept.astype(dtype) * (1 / (1 - float(ratio))))
    np.testing.assert_array_equal(y.array, x * mask)


def test_dropout_gradients(rng):
    x, gy, ggx = rng.normal(size=(3, 4, 5))
    mask = 2 * (rng.random((4, 5)) > 0.5)
    for f in (lambda x: F.dropout(x, mask=mask.astype("float64")), lambda x: F.dropout(x, 0.0)):
        check_backward(f, x, gy)
        check_double_backward(f, x, gy, ggx)


def test_dropout_gradient_is_linear():
    x, gy = chainer.Variable(np.ones((4, 5))), chainer.Variable(np.ones((4, 5)))
    y, mask = F.dropout(x, return_mask=True)
    (gx,) = chainer.grad([y], [x], [gy], enable_double_backprop=True)
    F.sum(gx * 3).backward()
    np.testing.assert_array_equal(gy.grad, 3 * mask)


@given(floats(0, 0.95))
def test_dropout_keeps_the_mean(ratio):
    y = F.dropout(np.ones(20_000), ratio).array
    np.testing.assert_allclose(y.mean(), 1, atol=5 * np.sqrt(ratio / (1 - ratio) / 20_000) + 1e-12)


def test_dropout_does_nothing_when_not_training():
    x = chainer.Variable(np.ones((2, 3), "float32"))
    with chainer.using_config("train", False):
        assert F.dropout(x) is x
        assert F.dropout(x, return_mask=True) == (x, None)
        assert isinstance(F.dropout(x.array), chainer.Variable)


def test_dropout_keeps_its_mask():
    x = chainer.Variable(np.ones((2, 3), "float32"))
    y = F.dropout(x, 0.3)
    np.testing.assert_array_equal(y.creator.mask, y.array)
    assert F.dropout(np.ones((0, 3))).shape == (0, 3)


def test_dropout_asks_for_the_kernel(monkeypatch):
    mask = np.array([0, 4.0])
    monkeypatch.setitem(kernels._table, ("dropout", np.ndarray), lambda x, ratio: (x * mask + ratio, mask))
    x = chainer.Variable(np.ones(2))
    y = F.dropout(x, 0.75)
    y.grad = np.ones(2)
    y.backward()
    np.testing.assert_array_equal(y.array, [0.75, 4.75])
    np.testing.assert_array_equal(x.grad, mask)


@DTYPES
def test_gaussian_draws_in_the_published_order(dtype, rng):
    mean, ln_var = rng.normal(size=(2, 3, 4)).astype(dtype)
    np.random.seed(2)
    y, eps = F.gaussian(mean, ln_var, return_eps=True)
    np.random.seed(2)
    np.testing.assert_array_equal(eps, np.random.standard_normal((3, 4)).astype(dtype))
    assert y.dtype == dtype
    expected = mean.astype("d") + np.exp(ln_var.astype("d") / 2) * eps
    tolerance = 5e-3 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(y.array, expected, rtol=tolerance, atol=tolerance)


def test_gaussian_gradients(rng):
    mean, ln_var, eps, gy, ggm, ggv = rng.normal(size=(6, 3, 4))
    for given_eps in (eps, eps.astype("float32")):
        f = lambda m, v, e=given_eps: F.gaussian(m, v, eps=e)  # noqa: E731
        assert f(mean, ln_var).dtype == "float64"
        check_backward(f, (mean, ln_var), gy)
        check_double_backward(f, (mean, ln_var), gy, (ggm, ggv))


@DTYPES
@pytest.mark.parametrize("axis", [0, 1])
def test_gumbel_softmax(dtype, axis, rng):
    log_pi = rng.normal(size=(3, 4)).astype(dtype)
    np.random.seed(3)
    y = F.gumbel_softmax(log_pi, 0.5, axis)
    np.random.seed(3)
    noise = np.random.gumbel(size=(3, 4)).astype(dtype)
    assert y.dtype == dtype
    expected = scipy.special.softmax((log_pi.astype("d") + noise) / 0.5, axis)
    np.testing.assert_allclose(y.array, expected, atol=5e-3 if dtype == "float16" else 1e-6)


def test_gumbel_softmax_chooses_with_the_right_frequencies():
    probabilities = np.array([0.2, 0.5, 0.3])
    y = F.gumbel_softmax(np.tile(np.log(probabilities), (20_000, 1)), tau=1e-3).array
    np.testing.assert_allclose(np.bincount(y.argmax(axis=1)) / 20_000, probabilities, atol=0.02)


@DTYPES
def test_zoneout_draws_in_the_published_order(dtype, rng):
    h, x = rng.normal(size=(2, 3, 4)).astype(dtype)
    np.random.seed(4)
    y = F.zoneout(h, x, 0.3)
    np.random.seed(4)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.array, np.where(np.random.rand(3, 4) >= 0.3, x, h))


def test_zoneout_splits_the_gradient():
    h, x = chainer.Variable(np.zeros((3, 4))), chainer.Variable(np.ones((3, 4)))
    y = F.zoneout(h, x)
    y.grad = np.full((3, 4), 3.0)
    y.backward(enable_double_backprop=True)
    np.testing.assert_array_equal(x.grad, 3 * y.array)
    np.testing.assert_array_equal(h.grad, 3 - 3 * y.array)
    np.testing.assert_array_equal(y.creator.flag_x, y.array)
    np.testing.assert_array_equal(y.creator.flag_h, 1 - y.array)


def test_zoneout_takes_the_new_state_when_not_training():
    x = chainer.Variable(np.ones((3, 4)))
    with chainer.using_config("train", False):
        assert F.zoneout(np.zeros((3, 4)), x) is x


@DTYPES
@pytest.mark.parametrize("batchwise", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_dropconnect_draws_in_the_published_order(dtype, batchwise, bias, rng):
    x, W, b = [rng.normal(size=shape).astype(dtype) for shape in ((4, 5), (3, 5), (3,))]
    arguments = (x, W, b) if bias else (x, W)
    np.random.seed(5)
    y = F.simplified_dropconnect(*arguments, ratio=0.3, use_batchwise_mask=batchwise)
    np.random.seed(5)
    kept = np.random.rand(*((4, 3, 5) if batchwise else (3, 5))) >= 0.3
    expected = np.einsum("boi,bi->bo", np.broadcast_to(W.astype("d") * kept / 0.7, (4, 3, 5)), x.astype("d"))
    assert y.dtype == dtype
    tolerance = 2e-2 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(y.array, expected + (b if bias else 0), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("batchwise", [True, False])
def test_dropconnect_gradients(batchwise, rng):
    arguments = tuple(rng.normal(size=shape) for shape in ((4, 5, 1), (3, 5), (3,)))
    mask = rng.random((4, 3, 5) if batchwise else (3, 5)) > 0.5
    f = lambda x, W, b: F.simplified_dropconnect(x, W, b, 0.4, mask=mask, use_batchwise_mask=batchwise)  # noqa: E731
    gy, ggs = rng.normal(size=(4, 3)), tuple(rng.normal(size=a.shape) for a in arguments)
    check_backward(f, arguments, gy, atol=1e-5)
    check_double_backward(f, arguments, gy, ggs, atol=1e-5)


def test_dropconnect_is_linear_when_not_training(rng):
    x, W = rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    np.testing.assert_allclose(F.simplified_dropconnect(x, W, train=False).array, x @ W.T)


@DTYPES
@pytest.mark.parametrize(
    "function",
    [
        lambda x, ratio: F.dropout(x, ratio),
        lambda x, tau: F.gumbel_softmax(x, tau),
        lambda x, ratio: F.simplified_dropconnect(x, np.ones((2, 3), x.dtype), ratio=ratio),
        lambda x, ratio: F.zoneout(x, x, ratio),
    ],
)
def test_hyperparameters_do_not_widen(function, dtype):
    x = chainer.Variable(np.ones((4, 3), dtype))
    y = function(x, np.float64(0.25))
    y.grad = np.ones_like(y.array)
    y.backward()
    assert y.dtype == x.grad.dtype == dtype


X, W = np.ones((2, 3), "float32"), np.ones((4, 3), "float32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.dropout(X, 1.0), ValueError, r"range \[0, 1\), got 1.0"),
        (lambda: F.dropout(X, -0.1), ValueError, "range"),
        (lambda: F.dropout(X, train=False), ValueError, "using_config"),
        (lambda: F.dropout(X, rate=0.5), TypeError, "rate"),
        (lambda: F.dropout(X.astype("i")), InvalidType, "x.dtype.kind == f"),
        (lambda: F.gaussian(X, X[:1]), InvalidType, "mean.shape == ln_var.shape"),
        (lambda: F.gaussian(X, X.astype("d")), InvalidType, "mean.dtype == ln_var.dtype"),
        (lambda: F.gaussian(X, X, sigma=1), TypeError, "sigma"),
        (lambda: F.zoneout(X, X[:1]), InvalidType, "h.shape == x.shape"),
        (lambda: F.zoneout(X, X, train=False), ValueError, "using_config"),
        (lambda: F.zoneout(X, X, mask=X), TypeError, "mask"),
        (lambda: F.simplified_dropconnect(X, W, ratio=1.0), ValueError, "range"),
        (lambda: F.simplified_dropconnect(X, W[:, :2]), InvalidType, "W.shape"),
        (lambda: F.simplified_dropconnect(X, W, X[0]), InvalidType, "b.shape"),
        (lambda: F.simplified_dropconnect(X, W, mask=W), InvalidType, "mask.shape"),
        (lambda: F.simplified_dropconnect(X, W, mask=W[:2], use_batchwise_mask=False), InvalidType, "mask.shape"),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
