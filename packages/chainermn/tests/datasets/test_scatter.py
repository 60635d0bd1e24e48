"""Every example is somewhere, and parts are of equal length."""

import chainermn
import numpy as np
import pytest
from chainermn import scatter_dataset, scatter_index
from chainermn.datasets import create_empty_dataset
from chainermn.datasets.scatter import get_epoch_trigger, get_n_iterations_for_one_epoch

LENGTHS = [0, 1, 2, 3, 5, 6, 7, 10, 101]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("root", [0, -1])
@pytest.mark.parametrize("n", LENGTHS)
def test_parts_cover_the_whole(comm, n, root, shuffle):
    root %= comm.size
    data = [i * i for i in range(n)]
    part = scatter_dataset(data if comm.rank == root else None, comm, root, shuffle, seed=3, max_buf_len=16)
    parts = comm.allgather_obj(list(part))
    assert {len(p) for p in parts} == {-(-n // comm.size)}
    assert set(sum(parts, [])) == set(data)
    if shuffle and n and comm.size == 1:
        np.testing.assert_array_equal(part, np.array(data)[np.random.RandomState(3).permutation(n)])


@pytest.mark.parametrize("n", LENGTHS)
def test_parts_need_not_overlap(comm, n):
    part = scatter_dataset(list(range(n)) if comm.rank == 0 else None, comm, force_equal_length=False)
    parts = comm.allgather_obj(list(part))
    assert sum(parts, []) == list(range(n))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


# Values of chainer 7.8.1 on three ranks: (n, equal lengths, stretches).
@pytest.mark.parametrize(
    ("n", "equal", "stretches"),
    [
        (1, True, [(0, 1), (0, 1), (0, 1)]),
        (4, True, [(0, 2), (1, 3), (2, 4)]),
        (10, True, [(0, 4), (3, 7), (6, 10)]),
        (4, False, [(0, 2), (2, 3), (3, 4)]),
        (11, False, [(0, 4), (4, 8), (8, 11)]),
    ],
)
def test_stretches_of_three_ranks(n, equal, stretches):
    class Rank:
        size = 3

        def __init__(self, rank):
            self.rank = rank

    assert [scatter_index(n, Rank(rank), force_equal_length=equal) for rank in range(3)] == stretches


def test_refuses_negative_lengths(comm):
    with pytest.raises(ValueError, match="n_total_samples must not be negative, got -1"):
        scatter_index(-1, comm)


def test_epochs_in_iterations(comm):
    data = list(range(5))
    assert get_n_iterations_for_one_epoch(data, 2, comm) == 3
    assert get_epoch_trigger(3, data, 2, comm) == (9, "iteration")


def test_empty_dataset():
    empty = create_empty_dataset([1, 2, 3])
    assert len(empty) == 3
    assert empty[1] == ()
    assert issubclass(chainermn.DataSizeError, RuntimeError)
    assert "7 when pickled" in str(chainermn.DataSizeError(5, 7))
