"""Against the plain body in float64; tolerance 2e-6 absolute for losses of a few units, relative for gradients."""

import chainer
import chainer.functions as F
import numpy as np
import pytest

pytestmark = pytest.mark.ideep


def loss_and_gradient(x, t, **options):
    v = chainer.Variable(x)
    loss = F.softmax_cross_entropy(v, t, **options)
    loss.grad = np.ones_like(loss.array)
    loss.backward()
    return loss.array, v.grad


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (200, 1000), (0, 4), (2, 3, 4), (2, 5, 3, 4)])
@pytest.mark.parametrize("label_dtype", ["int32", "int64", "int8"])
@pytest.mark.parametrize("reduce", ["mean", "no"])
def test_matches_plain(shape, label_dtype, reduce, lay, rng):
    x = (3 * rng.standard_normal(shape)).astype(np.float32)
    t = rng.integers(-1, min(shape[1], 100), shape[:1] + shape[2:]).astype(label_dtype)
    loss, gx = loss_and_gradient(lay(x), t, reduce=reduce)
    wide_loss, wide_gx = loss_and_gradient(x.astype(np.float64), t, reduce=reduce)
    assert loss.dtype == gx.dtype == np.float32
    assert gx.shape == x.shape
    np.testing.assert_allclose(loss, wide_loss, atol=2e-6, rtol=1e-6)
    np.testing.assert_allclose(gx, wide_gx, atol=1e-7, rtol=3e-6)


def test_gradient_of_the_label_is_exact_near_one():
    _, gx = loss_and_gradient(np.array([[20, 0, 0]], np.float32), np.array([0]))
    np.testing.assert_allclose(gx[0, 0], np.expm1(-np.log1p(2 * np.exp(-20.0))), rtol=1e-5)


def test_classes_of_minus_infinity_have_no_share():
    loss, gx = loss_and_gradient(np.array([[0, -np.inf, 0]], np.float32), np.array([0]))
    np.testing.assert_allclose(loss, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(gx, [[-0.5, 0, 0.5]], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_shows(value):
    assert np.isnan(F.softmax_cross_entropy(np.array([[0, value]], np.float32), np.array([0])).array)


def test_refuses_labels_out_of_range():
    with pytest.raises(IndexError, match="label 3 of t is out of bounds: x has 3 classes, and ignore_label is -1"):
        F.softmax_cross_entropy(np.zeros((2, 3), np.float32), np.array([0, 3]))
