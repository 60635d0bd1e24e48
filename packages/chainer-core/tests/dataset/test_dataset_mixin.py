from __future__ import annotations

import numpy as np
import pytest
from chainer.dataset import DatasetMixin


class Squares(DatasetMixin):
    def __len__(self):
        return 5

    def get_example(self, i):
        if not -5 <= i < 5:
            raise IndexError(i)
        return int(i) ** 2


@pytest.mark.parametrize(
    "index", [slice(1, 3), slice(None, None, -1), slice(4, 1, -2), slice(10, 20), slice(-2, None)], ids=str
)
def test_slices_are_those_of_a_list(index):
    assert Squares()[index] == [0, 1, 4, 9, 16][index]


@pytest.mark.parametrize("index", [[0, 2], [-1], np.array([4, 4, 1]), np.array([], int), []], ids=str)
def test_lists_and_arrays_of_indices_give_lists(index):
    assert Squares()[index] == [int(i) ** 2 for i in index]


@pytest.mark.parametrize("index", [3, -1, np.int64(2)], ids=repr)
def test_an_index_gives_an_example(index):
    assert Squares()[index] == int(index) ** 2


def test_iteration_ends():
    assert list(Squares()) == [0, 1, 4, 9, 16]


def test_the_base_class_has_no_examples():
    with pytest.raises(NotImplementedError):
        len(DatasetMixin())
    with pytest.raises(NotImplementedError):
        DatasetMixin()[0]
