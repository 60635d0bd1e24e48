"""DALI is not at hand in tests: a pipeline is played by a class with the same methods."""

from __future__ import annotations

import numpy as np
import pytest
from chainer.iterators import DaliIterator
from chainer.serializers import DictionarySerializer, NpzDeserializer


class Tensors(list):
    at = list.__getitem__


class OnGpu:
    def __init__(self, tensors):
        self.tensors = tensors

    def as_cpu(self):
        return self.tensors


class Pipeline:
    max_batch_size = 2

    def __init__(self):
        self.n_built = 0
        self.position = 0

    def build(self):
        self.n_built += 1

    def epoch_size(self):
        return {"Reader": 5}

    def run(self):
        indices = [(self.position + i) % 5 for i in range(2)]
        self.position += 2
        return OnGpu(Tensors(indices)), Tensors(np.array(indices) * 10)


def test_deals_out_tuples_and_counts_epochs():
    iterator = DaliIterator(Pipeline())
    assert (iterator.pipeline.n_built, iterator.batch_size, iterator.repeat) == (1, 2, True)
    assert (iterator.epoch_detail, iterator.previous_epoch_detail) == (0.0, None)
    assert [next(iterator) for _ in range(3)] == [[(0, 0), (1, 10)], [(2, 20), (3, 30)], [(4, 40), (0, 0)]]
    assert (iterator.epoch, iterator.is_new_epoch, iterator.epoch_detail) == (1, True, 1.2)
    assert iterator.previous_epoch_detail == 0.8


def test_ends_with_a_smaller_batch():
    assert list(DaliIterator(Pipeline(), repeat=False))[-1] == [(4, 40)]


def test_saves_its_counters():
    first, second = DaliIterator(Pipeline()), DaliIterator(Pipeline())
    for _ in range(3):
        next(first)
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second.serialize(NpzDeserializer(serializer.target))
    for iterator in (first, second):
        assert (iterator.epoch, iterator.is_new_epoch, iterator.epoch_detail) == (1, True, 1.2)
    second.reset()
    assert (second.epoch, second.epoch_detail, second.previous_epoch_detail) == (0, 0.0, None)


def test_refuses_what_is_no_pipeline():
    with pytest.raises(TypeError, match="must be a nvidia.dali.pipeline.Pipeline, got list"):
        DaliIterator([])
