"""Kernels give the same bits whatever the number of threads, but for oneDNN's, whose sums may be cut otherwise."""

import chainer
import chainer.functions as F
import numpy as np
import pytest

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)


@pytest.fixture
def threads():
    before = _core.get_num_threads()
    yield _core.set_num_threads
    _core.set_num_threads(before)


def network(x, t):
    """Bits of outputs and gradients of all kernels but convolution, on arrays large enough for two threads."""
    np.random.seed(0)
    v = chainer.Variable(x)
    gamma, beta = chainer.Parameter(np.ones(16, "f")), chainer.Parameter(np.zeros(16, "f"))
    h = F.relu(F.batch_normalization(v, gamma, beta))
    h = F.dropout(F.max_pooling_2d(h, 3, 1, 1) + F.average_pooling_2d(h, 3, 1, 1))
    loss = F.softmax_cross_entropy(h, t)
    loss.backward()
    return [a.tobytes() for a in (h.array, loss.array, v.grad, gamma.grad, beta.grad)]


def test_same_bits_whatever_the_number_of_threads(threads, rng):
    x = rng.standard_normal((8, 16, 64, 64)).astype(np.float32)
    t = rng.integers(0, 16, (8, 64, 64))
    threads(1)
    one = network(x, t)
    for n in (2, 3):
        threads(n)
        assert network(x, t) == one


PARAMETERS = [chainer.Parameter(np.linspace(low, 2, n, dtype="f")) for n in (16, 512) for low in (0.5, -1)]
FUNCTIONS = {
    "sigmoid": F.sigmoid,
    "softmax": F.softmax,
    "softmax, last axis": lambda x: F.softmax(x, -1),
    "log_softmax": F.log_softmax,
    "log_softmax, last axis": lambda x: F.log_softmax(x, -1),
    "groups": lambda x: F.group_normalization(x, 4, *PARAMETERS[:2]),
    "layers": lambda x: F.layer_normalization(x.reshape(-1, 512), *PARAMETERS[2:]),
    "local responses": F.local_response_normalization,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_gives_the_same_bits_whatever_the_number_of_threads(name, threads, rng):
    x = chainer.Variable(rng.standard_normal((8, 16, 64, 64)).astype(np.float32))

    def bits():
        y = FUNCTIONS[name](x)
        y.grad = np.cos(y.array)
        for v in (x, *PARAMETERS):
            v.cleargrad()
        y.backward()
        return [a.tobytes() for a in (y.array, x.grad, *[v.grad for v in PARAMETERS]) if a is not None]

    threads(1)
    one = bits()
    for n in (2, 2, 3):
        threads(n)
        assert bits() == one


def test_convolution_agrees_for_any_number_of_threads(threads, rng):
    x = rng.standard_normal((8, 16, 28, 28)).astype(np.float32)
    W = rng.standard_normal((32, 16, 3, 3)).astype(np.float32)
    results = []
    for n in (1, 2, 3):
        threads(n)
        v, p = chainer.Variable(x), chainer.Parameter(W)
        y = F.convolution_2d(v, p, pad=1)
        y.grad = y.array
        y.backward()
        results.append((y.array, v.grad, p.grad))
    for result in results[1:]:
        for actual, expected in zip(result, results[0]):
            np.testing.assert_allclose(actual, expected, atol=1e-5 * np.abs(expected).max(), rtol=0)
