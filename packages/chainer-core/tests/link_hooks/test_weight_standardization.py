import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.link_hooks import WeightStandardization


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_computes_with_weights_of_mean_0_and_variance_1(rng, eps):
    x = rng.uniform(-1, 1, (2, 3, 5, 5)).astype("float32")
    layer = L.Convolution2D(3, 4, 3)
    W = layer.W.array.copy()
    expected = (W - W.mean((1, 2, 3), keepdims=True)) / np.sqrt(W.var((1, 2, 3), keepdims=True) + eps)
    layer.add_hook(WeightStandardization(eps=eps))
    y = layer(x)
    np.testing.assert_allclose(y.array, F.convolution_2d(x, expected, layer.b).array, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.W.array, W)
    assert isinstance(layer.W, chainer.Parameter)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_keeps_the_dtype(dtype):
    with chainer.using_config("dtype", np.dtype(dtype)):
        layer = L.Linear(3, 2).add_hook(WeightStandardization())
    y = layer(np.ones((1, 3), dtype))
    assert y.dtype == dtype
    assert abs(y.array).max() < 0.01  # each row of the weight sums to zero


def test_gradient_flows_through(rng):
    with chainer.using_config("dtype", np.dtype("float64")):
        layer = L.Linear(3, 2, nobias=True)
    layer.add_hook(WeightStandardization())
    x, gy = rng.uniform(-1, 1, (4, 3)), rng.uniform(-1, 1, (4, 2))
    chainer.gradient_check.check_backward(layer, x, gy, params=layer.W)
    layer.cleargrads()
    y = layer(x)
    y.grad = gy
    y.backward()
    # The output does not depend on the mean of the weight.
    np.testing.assert_allclose(layer.W.grad.sum(axis=1), 0, atol=1e-10)


def test_lazy_weight():
    layer = L.Linear(None, 2).add_hook(WeightStandardization())
    np.testing.assert_allclose(layer(np.ones((1, 3), "float32")).array, 0, atol=1e-5)


def test_refuses_a_missing_weight():
    with pytest.raises(ValueError, match="no weight 'V' for standard"):
        L.Linear(3, 2).add_hook(WeightStandardization(weight_name="V", name="standard"))
