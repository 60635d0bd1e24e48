from __future__ import annotations

import pytest
from chainer.dataset import Iterator


class Count(Iterator):
    def __init__(self):
        self.n = 0
        self.n_finalized = 0

    def next(self):
        self.n += 1
        if self.n > 3:
            raise StopIteration
        return [self.n]

    def finalize(self):
        self.n_finalized += 1


def test_a_subclass_needs_next_alone():
    with Count() as iterator:
        assert list(iterator) == [[1], [2], [3]]
    assert iterator.n_finalized == 1


def test_dunder_next_alone_does_as_well():
    class Two(Iterator):
        def __next__(self):
            return [2]

    assert Two().next() == next(Two()) == [2]


def test_the_base_class_has_no_batches():
    iterator = Iterator()
    iterator.finalize()
    iterator.serialize(None)
    with pytest.raises(NotImplementedError, match="__next__"):
        next(iterator)
    with pytest.raises(NotImplementedError, match="__next__"):
        iterator.next()
