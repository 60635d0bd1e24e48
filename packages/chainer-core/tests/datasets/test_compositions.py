"""Datasets made of others: tuples, dicts, one after the other, seen through a function."""

from __future__ import annotations

import numpy as np
import pytest
from chainer.datasets import ConcatenatedDataset, DictDataset, TransformDataset, TupleDataset
from hypothesis import given
from hypothesis import strategies as st


def test_tuples():
    dataset = TupleDataset([1, 2, 3], np.arange(3.0), "abc")
    assert len(dataset) == 3
    assert dataset[0] == (1, 0.0, "a")
    assert dataset[-1] == (3, 2.0, "c")
    assert dataset[np.int32(1)] == (2, 1.0, "b")
    assert dataset[:2] == [(1, 0.0, "a"), (2, 1.0, "b")]
    assert dataset[::-1] == [(3, 2.0, "c"), (2, 1.0, "b"), (1, 0.0, "a")]
    assert list(dataset) == dataset[:]


def test_tuples_of_arrays_take_lists_of_indices():
    x, t = TupleDataset(np.arange(3), np.arange(3.0))[[2, 0]]
    assert x.tolist() == [2, 0] and t.tolist() == [2.0, 0.0]


def test_dicts():
    dataset = DictDataset(x=[1, 2, 3], y="abc")
    assert len(dataset) == 3
    assert dataset[-1] == {"x": 3, "y": "c"}
    assert dataset[1:] == [{"x": 2, "y": "b"}, {"x": 3, "y": "c"}]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: TupleDataset([1], [1, 2]), "index 1 has a wrong length: 2, expected 1"),
        (lambda: DictDataset(a=[1], b=[1, 2]), 'conflicts at "b": 2, expected 1'),
        (TupleDataset, "no datasets are given"),
        (DictDataset, "no datasets are given"),
    ],
)
def test_refuses_lengths_that_differ(make, match):
    with pytest.raises(ValueError, match=match):
        make()


@given(st.lists(st.lists(st.integers(), max_size=4), max_size=4), st.data())
def test_a_concatenation_is_a_list(parts, data):
    whole = sum(parts, [])
    dataset = ConcatenatedDataset(*parts)
    assert len(dataset) == len(whole)
    assert list(dataset) == whole
    index = data.draw(st.slices(len(whole)))
    assert dataset[index] == whole[index]


@pytest.mark.parametrize("index", [-1, 3, 100])
def test_a_concatenation_refuses_other_indices(index):
    with pytest.raises(IndexError, match=f"index {index} is out of range for 3 examples"):
        ConcatenatedDataset([0], [1, 2])[index]


def test_a_transform_is_applied_when_an_example_is_read():
    calls = []

    def double(x):
        calls.append(x)
        return 2 * x

    dataset = TransformDataset([1, 2, 3], double)
    assert (len(dataset), calls) == (3, [])
    assert dataset[1] == 4
    assert calls == [2]
    assert dataset[1:] == [4, 6]
    with pytest.raises(IndexError):
        dataset[3]
