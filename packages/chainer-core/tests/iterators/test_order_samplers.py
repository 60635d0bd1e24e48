from __future__ import annotations

import numpy as np
import pytest
from chainer.iterators import OrderSampler, ShuffleOrderSampler
from chainer.serializers import DictionarySerializer, NpzDeserializer


def test_draws_from_the_global_generator_unless_it_has_its_own():
    np.random.seed(1)
    assert ShuffleOrderSampler()(np.arange(6), 0).tolist() == [2, 1, 4, 0, 3, 5]  # chainer 7.8.1
    sampler = ShuffleOrderSampler(np.random.RandomState(3))
    assert sampler(np.arange(6), 0).tolist() == [3, 5, 4, 1, 0, 2]  # chainer 7.8.1


def test_an_order_is_a_permutation(rng):
    sampler = ShuffleOrderSampler(rng)
    for n in (0, 1, 10):
        assert sorted(sampler(np.arange(n), 0)) == list(range(n))


@pytest.mark.parametrize(
    "make",
    [
        np.random.RandomState,
        np.random.default_rng,
        lambda seed: np.random.Generator(np.random.Philox(seed)),
        lambda seed: np.random.Generator(np.random.SFC64(seed)),
        lambda seed: np.random.Generator(np.random.MT19937(seed)),
    ],
)
def test_saves_a_generator_of_its_own(make):
    first, second = ShuffleOrderSampler(make(1)), ShuffleOrderSampler(make(2))
    first(np.arange(5), 0)
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second.serialize(NpzDeserializer(serializer.target))
    for _ in range(3):
        assert first(np.arange(50), 0).tolist() == second(np.arange(50), 0).tolist()


def test_the_global_generator_is_not_saved():
    serializer = DictionarySerializer()
    ShuffleOrderSampler().serialize(serializer)
    assert serializer.target == {}


def test_refuses_a_seed():
    with pytest.raises(TypeError, match="random_state must be"):
        ShuffleOrderSampler(3)


def test_the_base_class_knows_no_order():
    with pytest.raises(NotImplementedError):
        OrderSampler()(np.arange(3), 0)
