"""What every iterator keeps to: one table of iterators, one table of cases."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from chainer.iterators import MultiprocessIterator, MultithreadIterator, SerialIterator, ShuffleOrderSampler
from chainer.serializers import DictionarySerializer, NpzDeserializer

ITERATORS = {
    "serial": SerialIterator,
    "multithread": lambda *args, **kwargs: MultithreadIterator(*args, n_threads=3, **kwargs),
    "multiprocess": lambda *args, **kwargs: MultiprocessIterator(*args, n_processes=2, **kwargs),
    "multiprocess_far_ahead": lambda *args, **kwargs: MultiprocessIterator(
        *args, n_processes=2, n_prefetch=5, **kwargs
    ),
    "multiprocess_no_prefetch": lambda *args, **kwargs: MultiprocessIterator(
        *args, n_processes=1, n_prefetch=0, shared_mem=0, **kwargs
    ),
}


@pytest.fixture(params=ITERATORS)
def make(request):
    """A maker of iterators that ends those it made."""
    made = []

    def make(*args, **kwargs):
        made.append(ITERATORS[request.param](*args, **kwargs))
        return made[-1]

    yield make
    for iterator in made:
        iterator.finalize()


def place(iterator):
    detail = iterator.previous_epoch_detail
    return (
        iterator.current_position,
        iterator.epoch,
        iterator.is_new_epoch,
        round(iterator.epoch_detail, 4),
        None if detail is None else round(detail, 4),
    )


def save(iterator):
    serializer = DictionarySerializer()
    iterator.serialize(serializer)
    return serializer.target


def load(iterator, target):
    iterator.serialize(NpzDeserializer(target))


# Batches and places of chainer 7.8.1 after numpy.random.seed(0): (examples, batch size, repeat, shuffle).
PUBLISHED = {
    (5, 2, True, True): [
        (None, 0, 0, False, 0.0, None),
        ([2, 0], 2, 0, False, 0.4, 0.0),
        ([1, 3], 4, 0, False, 0.8, 0.4),
        ([4, 0], 1, 1, True, 1.2, 0.8),
        ([2, 1], 3, 1, False, 1.6, 1.2),
        ([4, 3], 0, 2, True, 2.0, 1.6),
        ([1, 3], 2, 2, False, 2.4, 2.0),
    ],
    (5, 2, False, None): [
        (None, 0, 0, False, 0.0, None),
        ([2, 0], 2, 0, False, 0.4, 0.0),
        ([1, 3], 4, 0, False, 0.8, 0.4),
        ([4], 0, 1, True, 1.0, 0.8),
        (StopIteration, 0, 1, True, 1.0, 1.0),
        (StopIteration, 0, 1, True, 1.0, 1.0),
    ],
    (5, 2, True, False): [
        (None, 0, 0, False, 0.0, None),
        ([0, 1], 2, 0, False, 0.4, 0.0),
        ([2, 3], 4, 0, False, 0.8, 0.4),
        ([4, 0], 1, 1, True, 1.2, 0.8),
        ([1, 2], 3, 1, False, 1.6, 1.2),
    ],
    (3, 7, True, True): [
        (None, 0, 0, False, 0.0, None),
        ([2, 1, 0, 2, 0, 1, 0], 1, 2, True, 2.3333, 0.0),
        ([2, 1, 2, 0, 1, 2, 1], 2, 4, True, 4.6667, 2.3333),
        ([0, 1, 0, 2, 1, 2, 0], 0, 7, True, 7.0, 4.6667),
        ([0, 1, 2, 0, 1, 2, 1], 1, 9, True, 9.3333, 7.0),
    ],
    (3, 7, False, True): [
        (None, 0, 0, False, 0.0, None),
        ([2, 1, 0], 0, 1, True, 1.0, 0.0),
        (StopIteration, 0, 1, True, 1.0, 1.0),
    ],
    (3, 3, True, None): [
        (None, 0, 0, False, 0.0, None),
        ([2, 1, 0], 0, 1, True, 1.0, 0.0),
        ([2, 0, 1], 0, 2, True, 2.0, 1.0),
        ([0, 2, 1], 0, 3, True, 3.0, 2.0),
    ],
}


@pytest.mark.parametrize("case", PUBLISHED, ids=str)
def test_deals_out_the_published_batches(make, case):
    n, batch_size, repeat, shuffle = case
    np.random.seed(0)
    iterator = make(list(range(n)), batch_size, repeat=repeat, shuffle=shuffle)
    assert iterator.repeat is repeat
    for batch, *expected in PUBLISHED[case]:
        if batch is StopIteration:
            with pytest.raises(StopIteration):
                next(iterator)
        elif batch is not None:
            assert next(iterator) == batch
        assert place(iterator) == tuple(expected)


def test_every_epoch_holds_every_example_once(make):
    iterator = make(list(range(10)), 3)
    examples = [i for _ in range(10) for i in next(iterator)]
    for epoch in range(3):
        assert sorted(examples[10 * epoch : 10 * (epoch + 1)]) == list(range(10))
    assert examples[:10] != examples[10:20]


def test_order_sampler_sees_the_old_order_and_the_position(make):
    calls = []

    def rotate(order, position):
        calls.append((order.tolist(), position))
        return np.roll(order, 1)

    iterator = make("abc", 2, order_sampler=rotate)
    batches = [next(iterator) for _ in range(3)]
    assert batches == [["c", "a"], ["b", "b"], ["c", "a"]]
    assert calls[:3] == [([0, 1, 2], 0), ([2, 0, 1], 2), ([1, 2, 0], 1)]


def test_order_sampler_may_leave_examples_out(make):
    iterator = make("abcde", 2, repeat=False, order_sampler=lambda order, position: np.array([4, 0, 2]))
    assert list(iterator) == [["e", "a"], ["c"]]
    assert iterator.epoch_detail == 1.0


def test_order_sampler_may_keep_the_order_of_the_dataset(make):
    iterator = make("abcde", 3, order_sampler=lambda order, position: None)
    assert [next(iterator) for _ in range(2)] == [["a", "b", "c"], ["d", "e", "a"]]


def test_refuses_orders_of_changing_size(make):
    orders = iter([np.arange(3), np.arange(2), np.arange(2)])
    iterator = make("abc", 2, order_sampler=lambda order, position: next(orders))
    with pytest.raises(ValueError, match="size of the first one, 3: order_sampler gave 2"):
        for _ in range(2):
            next(iterator)


def test_refuses_shuffle_with_order_sampler(make):
    for shuffle in (True, False):
        with pytest.raises(ValueError, match="`shuffle` is not `None`"):
            make([1, 2], 1, shuffle=shuffle, order_sampler=ShuffleOrderSampler())


@pytest.mark.parametrize(
    ("batch_size", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("2", TypeError), (None, TypeError)]
)
def test_refuses_what_is_no_batch_size(make, batch_size, error):
    with pytest.raises(error, match="batch_size must be"):
        make([1, 2], batch_size)


def test_empty_dataset_ends_at_once_or_cannot_repeat(make):
    iterator = make([], 2, repeat=False)
    assert iterator.epoch_detail == 0.0
    assert list(iterator) == []
    with pytest.raises(ValueError, match="epoch size must be positive"):
        next(make([], 2))


def test_reset_begins_anew(make):
    iterator = make(list(range(5)), 2, repeat=False)
    first = list(iterator)
    assert iterator.epoch == 1
    for _ in range(2):
        iterator.reset()
        assert place(iterator) == (0, 0, False, 0.0, None)
        assert sorted(itertools.chain(*iterator)) == list(range(5))
    iterator.reset()
    next(iterator)
    iterator.reset()
    assert sorted(itertools.chain(*iterator)) == sorted(itertools.chain(*first))


def test_is_its_own_iterator_and_a_context_manager(make):
    with make("ab", 1, repeat=False, shuffle=False) as iterator:
        assert iter(iterator) is iterator
        assert list(iterator) == [["a"], ["b"]]
    iterator.finalize()
    iterator.finalize()


def test_copy_goes_on_by_itself(make):
    iterator = make(list(range(5)), 2)
    next(iterator)
    twin = copy.copy(iterator)
    try:
        assert place(twin) == place(iterator)
        assert next(twin) == next(iterator)
        next(twin)
        assert iterator.current_position == 4
        assert (twin.batch_size, twin.repeat, twin.order_sampler) == (2, True, iterator.order_sampler)
    finally:
        twin.finalize()


@pytest.mark.parametrize("n_before", range(8))
@pytest.mark.parametrize("sampler", ["global", "own", "none"])
def test_resumes_exactly(make, sampler, n_before):
    def new(seed):
        np.random.seed(seed)
        order_sampler = ShuffleOrderSampler(np.random.RandomState(seed)) if sampler == "own" else None
        shuffle = False if sampler == "none" else None
        return make(list(range(7)), 3, shuffle=shuffle, order_sampler=order_sampler)

    first = new(1)
    for _ in range(n_before):
        next(first)
    saved, generator = save(first), np.random.get_state()
    expected = [(next(first), place(first)) for _ in range(8)]

    second = new(2)
    next(second)
    load(second, saved)
    np.random.set_state(generator)
    assert [(next(second), place(second)) for _ in range(8)] == expected


def test_saving_changes_nothing(make):
    np.random.seed(0)
    plain = make(list(range(7)), 3)
    expected = [next(plain) for _ in range(9)]
    np.random.seed(0)
    iterator = make(list(range(7)), 3)
    batches = []
    for _ in range(9):
        save(iterator)
        batches.append(next(iterator))
    assert batches == expected


@pytest.mark.parametrize("shuffle", [True, False])
def test_saves_the_published_keys(make, shuffle):
    np.random.seed(0)
    iterator = make(list(range(20)), 8, shuffle=shuffle)
    for _ in range(2):
        next(iterator)
    saved = save(iterator)
    saved.pop("next_orders", None)  # there only if a batch of the next epoch was read ahead
    order_key = "_order" if isinstance(iterator, MultithreadIterator) else "order"
    keys = {"current_position", "epoch", "is_new_epoch", "previous_epoch_detail"}
    if shuffle or order_key == "_order":
        keys.add(order_key)
    assert set(saved) == keys
    assert (saved["current_position"], saved["epoch"], saved["is_new_epoch"]) == (16, 0, False)
    assert saved["previous_epoch_detail"] == 0.4
    if shuffle:
        # chainer 7.8.1
        expected = [18, 1, 19, 8, 10, 17, 6, 13, 4, 2, 5, 14, 9, 7, 16, 11, 3, 0, 15, 12]
        assert saved[order_key].tolist() == expected


@pytest.mark.parametrize("order_key", ["order", "_order"])
def test_loads_the_files_of_other_iterators(make, order_key):
    iterator = make(list(range(5)), 2)
    load(
        iterator,
        {
            "current_position": np.array(3),
            "epoch": np.array(1),
            "is_new_epoch": np.array(False),
            "previous_epoch_detail": np.array(1.2),
            order_key: np.array([4, 2, 0, 1, 3]),
        },
    )
    assert place(iterator) == (3, 1, False, 1.6, 1.2)
    assert next(iterator) == [1, 3]


def test_loads_files_without_previous_epoch_detail(make):
    iterator = make(list(range(5)), 2, shuffle=False)
    load(iterator, {"current_position": np.array(1), "epoch": np.array(1), "is_new_epoch": np.array(True)})
    assert place(iterator) == (1, 1, True, 1.2, 0.8)


def test_refuses_files_that_do_not_fit(make):
    iterator = make(list(range(5)), 2)
    saved = save(iterator)
    with pytest.raises(ValueError, match="saved with another dataset"):
        load(make(list(range(6)), 2), saved)
    for key in ("order", "_order"):
        saved.pop(key, None)
    with pytest.raises(KeyError, match="shuffle=False"):
        load(make(list(range(5)), 2), saved)


class Faulty:
    def __init__(self, error):
        self.error = error
        self.broken = True

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 4 and self.broken:
            raise self.error
        return i


class Unpicklable(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


@pytest.mark.parametrize("kind", ["multithread", "multiprocess", "multiprocess_far_ahead"])
@pytest.mark.parametrize(
    ("error", "expected", "match"),
    [
        (KeyError("no such thing"), KeyError, "no such thing"),
        (Unpicklable("this", "that"), Exception, "this and that"),
        (StopIteration(), RuntimeError, "StopIteration"),
        (SystemExit(3), RuntimeError, "SystemExit"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, BaseException) else None,
)
def test_an_error_of_the_dataset_names_the_index_and_keeps_its_traceback(kind, error, expected, match):
    with ITERATORS[kind](Faulty(error), 2, shuffle=False) as iterator:
        assert [next(iterator), next(iterator)] == [[0, 1], [2, 3]]
        for _ in range(2):
            with pytest.raises(expected, match=match) as caught:
                next(iterator)
            notes = "\n".join(caught.value.__notes__)
            assert "index 4" in notes
            where = notes + "".join(str(frame.path) for frame in caught.traceback)
            if expected is not RuntimeError or kind != "multithread":
                assert "test_iterators.py" in where
            assert iterator.current_position == 4
        # The place has not moved: what is left can still be read.
        iterator.reset()
        assert next(iterator) == [0, 1]


def test_an_error_of_the_dataset_reaches_the_caller_of_a_serial_iterator():
    iterator = SerialIterator(Faulty(KeyError("no such thing")), 5, shuffle=False)
    with pytest.raises(KeyError, match="no such thing"):
        next(iterator)
    assert iterator.epoch == 0


def test_examples_may_be_anything(make):
    dataset = [
        (np.arange(6, dtype="f").reshape(2, 3), np.int32(1)),
        {"x": np.zeros((0, 3)), "y": [np.array(2.0), "text"]},
        None,
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.arange(10)[::2],
        b"bytes",
        np.array(["a", None], object),
        np.ones(70000, "u1"),
    ]
    iterator = make(dataset, 4, shuffle=False)
    for _ in range(3):  # through pipes first, then through shared memory
        examples = next(iterator) + next(iterator)
        np.testing.assert_array_equal(examples[0][0], dataset[0][0])
        assert examples[0][0].dtype == np.float32
        assert type(examples[0][1]) is np.int32
        assert examples[1]["x"].shape == (0, 3)
        assert examples[1]["y"] == [np.array(2.0), "text"]
        assert examples[2] is None
        for k in (3, 4, 6, 7):
            np.testing.assert_array_equal(examples[k], dataset[k])
        assert examples[5] == b"bytes"
        examples[7][:] = 1  # what came is the caller's own
