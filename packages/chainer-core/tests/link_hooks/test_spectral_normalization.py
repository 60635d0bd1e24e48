import subprocess
import sys

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import testing
from chainer.gradient_check import check_backward
from chainer.link_hooks import SpectralNormalization


def largest_singular_value(W, axis=0):
    return np.linalg.svd(np.moveaxis(W, axis, 0).reshape(W.shape[axis], -1), compute_uv=False)[0]


@pytest.fixture
def layer():
    W = np.arange(6, dtype="float32").reshape(2, 3)
    return L.Linear(3, 2, initialW=W).add_hook(SpectralNormalization())


x = np.ones((1, 3), "float32")


def test_values_of_version_7():
    # chainer 7.8.1 with this seed and weight
    np.random.seed(0)
    W = np.arange(6, dtype="float32").reshape(2, 3)
    layer = L.Linear(3, 2, initialW=W).add_hook(SpectralNormalization())
    np.testing.assert_allclose(layer.W_u, [1.7640524, 0.4001572], rtol=1e-6)
    np.testing.assert_allclose(layer(x).array, [[0.42040434, 1.6816173]], rtol=1e-6)
    np.testing.assert_allclose(layer.W_u, [0.30703408, 0.95169836], rtol=1e-6)
    with chainer.using_config("train", False):
        np.testing.assert_allclose(layer(x).array, [[0.40825266, 1.6330106]], rtol=1e-6)
    np.testing.assert_allclose(layer.W_u, [0.30703408, 0.95169836], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "shape", "axis"),
    [
        (lambda: L.Linear(3, 4), (2, 3), 0),
        (lambda: L.Convolution2D(3, 4, 3), (2, 3, 5, 5), 0),
        (lambda: L.Deconvolution2D(3, 4, 3), (2, 3, 5, 5), 1),
        (lambda: L.ConvolutionND(1, 3, 4, 3), (2, 3, 5), 0),
        (lambda: L.DeconvolutionND(1, 3, 4, 3), (2, 3, 5), 1),
    ],
)
@pytest.mark.parametrize("factor", [None, 2.5])
def test_weight_has_the_norm_asked_for(make, shape, axis, factor):
    layer = make()
    layer.add_hook(SpectralNormalization(n_power_iteration=100, eps=1e-12, factor=factor))
    W = layer.W.array.copy()
    seen = []
    inputs = np.random.uniform(-1, 1, shape).astype("float32")
    with chainer.LinkHook() as hook:  # of the thread: its hooks run before those of the link
        hook.forward_postprocess = lambda args: seen.append(args.link.W.array)
        y = layer(inputs)
    expected = W / largest_singular_value(W, axis) * (factor or 1)
    np.testing.assert_allclose(seen[0], expected, rtol=1e-3, atol=1e-5)
    assert layer.W_u.shape == (W.shape[axis],)
    assert isinstance(layer.W, chainer.Parameter)
    np.testing.assert_array_equal(layer.W.array, W)
    assert y.dtype == np.float32


def test_gradient_treats_the_singular_vectors_as_constants(layer):
    with chainer.using_config("train", False):
        W = layer.W.array.astype("float64")
        u = layer.W_u.astype("float64")
        v = W.T @ u
        v /= np.linalg.norm(v)
        u = W @ v
        u /= np.linalg.norm(u)

        def func(W):
            return W / F.broadcast_to(F.sum(F.matmul(u, F.matmul(W, v))), W.shape)

        gy = np.random.uniform(-1, 1, W.shape)
        (expected,) = chainer.grad([func(w := chainer.Variable(W))], [w], [chainer.Variable(gy)])
        layer.cleargrads()
        y = layer(np.eye(3, dtype="float32"))
        y.grad = np.ascontiguousarray(gy.T, "float32")
        y.backward()
    np.testing.assert_allclose(layer.W.grad, expected.array, rtol=1e-3, atol=1e-5)
    check_backward(func, W, gy)


def test_gamma_starts_as_the_norm_and_learns():
    layer = L.Linear(3, 2)
    before = layer(x).array
    layer.add_hook(SpectralNormalization(use_gamma=True, n_power_iteration=100))
    assert sorted(name for name, _ in layer.namedparams()) == ["/W", "/b", "/gamma"]
    np.testing.assert_allclose(layer.gamma.array, largest_singular_value(layer.W.array), rtol=1e-5)
    layer.cleargrads()
    y = layer(x)
    np.testing.assert_allclose(y.array, before, rtol=1e-3)
    F.sum(y).backward()
    assert layer.gamma.grad.shape == ()
    layer.delete_hook("SpectralNormalization")
    assert sorted(name for name, _ in layer.namedparams()) == ["/W", "/b"]
    assert not hasattr(layer, "W_u")


def test_lazy_weights_are_normalized_from_the_first_batch():
    layer = L.Linear(None, 2, nobias=True).add_hook(SpectralNormalization(n_power_iteration=100, use_gamma=True))
    assert not hasattr(layer, "W_u")
    y = layer(x)
    assert layer.W_u.shape == (2,)
    np.testing.assert_allclose(y.array, x @ layer.W.array.T, rtol=1e-3)


def test_state_is_saved(layer):
    layer(x)
    other = L.Linear(3, 2).add_hook(SpectralNormalization())
    testing.save_and_load_npz(layer, other)
    np.testing.assert_array_equal(other.W_u, layer.W_u)
    with chainer.using_config("train", False):
        np.testing.assert_array_equal(other(x).array, layer(x).array)


def test_failed_forward_gives_the_weight_back(layer):
    weight = layer.W
    with pytest.raises(chainer.utils.type_check.InvalidType):
        layer(np.ones((1, 5), "float32"))
    assert layer.W is weight


def test_one_hook_may_serve_nested_links():
    hook = SpectralNormalization()

    class Outer(L.Linear):
        def __init__(self):
            super().__init__(3, 3)
            self.inner = L.Linear(3, 3)

        def forward(self, x):
            return super().forward(self.inner(x))

    outer = Outer()
    outer.add_hook(hook)
    outer.inner.add_hook(hook)
    weights = outer.W, outer.inner.W
    outer(x)
    assert outer.W is weights[0]
    assert outer.inner.W is weights[1]


def test_names(layer):
    assert SpectralNormalization(name="sn").name == "sn"
    assert SpectralNormalization(weight_name="V").vector_name == "V_u"
    with pytest.raises(KeyError, match="SpectralNormalization"):
        layer.add_hook(SpectralNormalization())


def test_refusals():
    with pytest.raises(ValueError, match="Linear has no weight 'V'"):
        L.Linear(3, 2).add_hook(SpectralNormalization(weight_name="V"))
    with pytest.raises(ValueError, match="n_power_iteration must be positive, got 0"):
        SpectralNormalization(n_power_iteration=0)
    with pytest.raises(NotImplementedError, match="add_hook"), SpectralNormalization():
        pass


@pytest.mark.slow
def test_is_not_imported_with_the_package():
    code = "import sys, chainer; sys.exit('chainer.link_hooks' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
