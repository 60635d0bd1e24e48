import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
SHAPES = [(), (1,), (7, 3), (0, 4), (130, 1001)]


@pytest.mark.parametrize("shape", SHAPES)
def test_relu(shape, lay, rng):
    x = lay(rng.standard_normal(shape).astype(np.float32))
    v = chainer.Variable(x)
    y = F.relu(v)
    np.testing.assert_array_equal(y.array, np.maximum(x, 0))
    assert y.dtype == np.float32
    gy = rng.standard_normal(shape).astype(np.float32)
    y.grad = lay(gy)
    y.backward()
    np.testing.assert_array_equal(v.grad, gy * (x > 0))


def test_relu_lets_nan_through():
    assert np.isnan(F.relu(np.full(20, np.nan, np.float32)).array).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [3, 6])
def test_sum_many_has_the_bits_of_the_plain_body(shape, n, lay, rng):
    xs = [rng.standard_normal(shape).astype(np.float32) for _ in range(n)]
    before = declined.copy()
    y = F.add(*map(lay, xs)).array
    assert declined == before
    with chainer.using_config("use_ideep", "never"):
        np.testing.assert_array_equal(y, F.add(*xs).array)


class TestDropout:
    @pytest.mark.parametrize("ratio", [0.0, 0.1, 0.5, 0.99])
    def test_keeps_its_share(self, ratio):
        y, mask = F.dropout(np.ones((300, 1000), np.float32), ratio, return_mask=True)
        np.testing.assert_array_equal(y.array, mask)
        values = np.unique(mask)
        assert set(values) <= {np.float32(0), np.float32(1 / (1 - ratio))}
        kept = np.count_nonzero(mask) / mask.size
        assert abs(kept - (1 - ratio)) < 5 * (ratio * (1 - ratio) / mask.size) ** 0.5 + 1e-7

    def test_neighbours_are_independent(self):
        _, mask = F.dropout(np.ones(1 << 18, np.float32), 0.5, return_mask=True)
        bits = mask > 0
        for distance in (1, 2, 8, 64, 4096, 65536):
            equal = np.mean(bits[distance:] == bits[:-distance])
            assert abs(equal - 0.5) < 5 * 0.5 / (bits.size - distance) ** 0.5

    def test_follows_the_state_of_numpy(self):
        x = np.ones((10, 100), np.float32)
        np.random.seed(0)
        first, second = F.dropout(x).array, F.dropout(x).array
        np.random.seed(0)
        np.testing.assert_array_equal(F.dropout(x).array, first)
        assert (first != second).any()

    def test_gradient(self, rng):
        x = chainer.Variable(rng.standard_normal((30, 40)).astype(np.float32))
        y, mask = F.dropout(x, 0.3, return_mask=True)
        y.grad = rng.standard_normal(x.shape).astype(np.float32)
        y.backward()
        np.testing.assert_array_equal(x.grad, y.grad * mask)
