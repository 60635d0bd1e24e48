"""The same batches, or the same order, on all ranks."""

import chainer
import chainermn
import numpy as np
import pytest
from chainer.iterators import MultithreadIterator, SerialIterator
from chainermn.iterators import create_multi_node_iterator, create_synchronized_iterator

PROGRESS = ("epoch", "is_new_epoch", "epoch_detail", "previous_epoch_detail")


@pytest.mark.parametrize("master", [0, -1])
def test_all_ranks_get_the_batches_of_one(comm, master):
    master %= comm.size
    data = [(np.full(2, i, "float32"), i) for i in range(5)]
    reference = SerialIterator(data, 2, shuffle=False)
    iterator = create_multi_node_iterator(
        SerialIterator(data, 2, shuffle=False) if comm.rank == master else None, comm, master
    )
    assert iterator.batch_size == 2
    for _ in range(6):
        for (x, i), (expected, j) in zip(iterator.next(), reference.next(), strict=True):
            np.testing.assert_array_equal(x, expected)
            assert i == j
        for name in PROGRESS:
            assert getattr(iterator, name) == getattr(reference, name)
    iterator.reset()
    assert iterator.next()[0][1] == 0


def test_the_end_is_the_end_for_all(comm):
    iterator = create_multi_node_iterator(SerialIterator([1, 2, 3], 2, repeat=False, shuffle=False), comm)
    assert list(iterator) == [[1, 2], [3]]


def test_the_others_resume_where_the_master_is(comm, shared_path):
    path = shared_path / f"{comm.rank}.npz"
    iterator = create_multi_node_iterator(SerialIterator(list(range(7)), 2), comm)
    for _ in range(5):
        iterator.next()
    chainer.serializers.save_npz(path, iterator)
    rest = [iterator.next() for _ in range(2)]
    other = create_multi_node_iterator(SerialIterator(list(range(7)), 2), comm)
    chainer.serializers.load_npz(path, other)
    assert other.epoch == 1
    assert [other.next() for _ in range(2)] == rest


@pytest.mark.parametrize("kind", [SerialIterator, MultithreadIterator])
def test_synchronized_order(comm, kind):
    np.random.seed(comm.rank)
    iterator = create_synchronized_iterator(kind(list(range(20)), 6), comm)
    order = [iterator.next() for _ in range(8)]
    iterator.finalize()
    assert comm.allgather_obj(order) == [order] * comm.size
    assert sorted(sum(order, [])[:20]) == list(range(20))
    assert iterator.epoch == 2


def test_what_does_not_shuffle_stays(comm):
    iterator = create_synchronized_iterator(SerialIterator([1, 2, 3], 2, shuffle=False), comm)
    assert iterator.next() == [1, 2]


def test_refuses_an_order_it_cannot_control(comm):
    own = SerialIterator([1, 2], 1, order_sampler=lambda order, position: order)
    with pytest.raises(ValueError, match="must use ShuffleOrderSampler or not shuffle, got function"):
        chainermn.iterators.create_synchronized_iterator(own, comm)
