import numpy as np
import pytest
from chainer.utils import WalkerAlias
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.floats(0, 1e3, width=32), min_size=1, max_size=30).filter(lambda p: sum(p) > 1e-3))
def test_pieces_give_each_value_its_probability(probs):
    walker = WalkerAlias(probs)
    left = np.minimum(walker.threshold, 1)
    share = np.zeros(len(probs))
    np.add.at(share, walker.values[0::2], left)
    np.add.at(share, walker.values[1::2], 1 - left)
    np.testing.assert_allclose(share / len(probs), np.array(probs) / sum(probs), atol=1e-4)


def test_draws_of_version_7():
    # chainer 7.8.1 with this seed
    np.random.seed(0)
    assert WalkerAlias([5, 3, 4, 1, 2]).sample(10).tolist() == [2, 0, 2, 2, 1, 2, 1, 0, 0, 2]


@pytest.mark.parametrize("shape", [5, (2, 3), ()])
def test_shape_and_dtype(shape):
    drawn = WalkerAlias([0, 1, 0]).sample(shape)
    assert np.shape(drawn) == np.empty(shape).shape
    assert drawn.dtype == np.int32
    assert (drawn == 1).all()


def test_frequencies():
    probs = np.array([0.5, 0.1, 0.4])
    n = 20000
    counts = np.bincount(WalkerAlias(probs).sample(n), minlength=3)
    np.testing.assert_allclose(counts / n, probs, atol=5 * 0.5 / np.sqrt(n))


def test_moves_with_its_owner():
    walker = WalkerAlias([1, 2])
    assert walker.to_device("@numpy") is walker
    assert not walker.use_gpu


@pytest.mark.parametrize("probs", [[], [0, 0], [-1, 2], [np.nan, 1], [np.inf, 1]])
def test_refuses_what_is_no_distribution(probs):
    with pytest.raises(ValueError, match="probs must be finite, not negative, and not all zero"):
        WalkerAlias(probs)


@pytest.mark.parametrize("probs", [[[1, 2]], 3.0])
def test_refuses_other_than_one_axis(probs):
    with pytest.raises(ValueError, match="probs must have one axis, got shape"):
        WalkerAlias(probs)
