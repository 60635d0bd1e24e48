from __future__ import annotations

import numpy as np
import pytest
from chainer.datasets import (
    SubDataset,
    get_cross_validation_datasets,
    get_cross_validation_datasets_random,
    split_dataset,
    split_dataset_n,
    split_dataset_n_random,
    split_dataset_random,
)
from hypothesis import given
from hypothesis import strategies as st

TEN = list(range(10))
BACKWARDS = TEN[::-1]


def contents(parts):
    return [contents(part) if isinstance(part, tuple) else part[:] for part in parts]


def test_a_part_is_a_list():
    part = SubDataset(TEN, 2, 5)
    assert part[:] == [2, 3, 4]
    assert (part[0], part[-1], len(part)) == (2, 4, 3)
    for index in (3, -4):
        with pytest.raises(IndexError, match="dataset index out of range"):
            part[index]
    assert SubDataset(TEN, 0, 3, BACKWARDS)[:] == [9, 8, 7]
    assert SubDataset(TEN, 2, 2)[:] == []


# Values of chainer 7.8.1.
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (split_dataset(TEN, 3), [TEN[:3], TEN[3:]]),
        (split_dataset(TEN, np.int64(0)), [[], TEN]),
        (split_dataset(TEN, 10), [TEN, []]),
        (split_dataset(TEN, 3, BACKWARDS), [[9, 8, 7], [6, 5, 4, 3, 2, 1, 0]]),
        (split_dataset_random(TEN, 3, seed=0), [[2, 8, 4], [9, 1, 6, 7, 3, 0, 5]]),
        (split_dataset_n(TEN, 3), [[0, 1, 2], [3, 4, 5], [6, 7, 8]]),
        (split_dataset_n(TEN, 11), [[]] * 11),
        (split_dataset_n(TEN, 3, BACKWARDS), [[9, 8, 7], [6, 5, 4], [3, 2, 1]]),
        (split_dataset_n_random(TEN, 3, seed=1), [[2, 9, 6], [4, 0, 3], [1, 7, 8]]),
        (
            get_cross_validation_datasets(TEN, 3),
            [[TEN[:6], TEN[6:]], [[6, 7, 8, 9, 0, 1, 2], [3, 4, 5]], [TEN[3:], TEN[:3]]],
        ),
        (
            get_cross_validation_datasets(TEN, 3, BACKWARDS),
            [
                [[9, 8, 7, 6, 5, 4], [3, 2, 1, 0]],
                [[3, 2, 1, 0, 9, 8, 7], [6, 5, 4]],
                [[6, 5, 4, 3, 2, 1, 0], [9, 8, 7]],
            ],
        ),
        (
            get_cross_validation_datasets_random(TEN, 4, seed=3),
            [
                [[5, 4, 1, 2, 9, 6, 7], [0, 3, 8]],
                [[0, 3, 8, 5, 4, 1, 2, 9], [6, 7]],
                [[6, 7, 0, 3, 8, 5, 4], [1, 2, 9]],
                [[1, 2, 9, 6, 7, 0, 3, 8], [5, 4]],
            ],
        ),
        (get_cross_validation_datasets(TEN, n_fold=2), [[TEN[:5], TEN[5:]], [TEN[5:], TEN[:5]]]),
    ],
)
def test_splits_as_published(parts, expected):
    assert contents(parts) == expected


@given(st.integers(1, 20), st.data())
def test_cross_validation_tests_every_example_once(n, data):
    folds = get_cross_validation_datasets_random(list(range(n)), data.draw(st.integers(1, n)))
    assert sorted(i for _, test in folds for i in test[:]) == list(range(n))
    for train, test in folds:
        assert sorted(train[:] + test[:]) == list(range(n))
    sizes = [len(test) for _, test in folds]
    assert max(sizes) - min(sizes) <= 1


def test_without_a_seed_the_global_generator_decides():
    for split in (
        lambda: split_dataset_random(TEN, 5),
        lambda: split_dataset_n_random(TEN, 2),
        lambda: get_cross_validation_datasets_random(TEN, 2),
    ):
        np.random.seed(0)
        first = contents(split())
        assert contents(split()) != first
        np.random.seed(0)
        assert contents(split()) == first
    np.random.seed(0)
    expected = np.random.rand()
    np.random.seed(0)
    split_dataset_random(TEN, 5, seed=1)
    assert np.random.rand() == expected


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: SubDataset(TEN, 2, 15), ValueError, "overruns the base dataset"),
        (lambda: SubDataset(TEN, -1, 5), ValueError, "overruns the base dataset"),
        (lambda: SubDataset(TEN, 5, 2), ValueError, "finish must not be smaller"),
        (lambda: SubDataset(TEN, 0, 3, [1, 2]), ValueError, r"len\(order\) = 2 while len\(dataset\) = 10"),
        (lambda: split_dataset(TEN, 11), ValueError, "exceeds the dataset size: 11 > 10"),
        (lambda: split_dataset(TEN, -1), ValueError, "must be non-negative"),
        (lambda: split_dataset(TEN, 2.5), TypeError, "split_at must be int"),
        (lambda: split_dataset_n(TEN, 0), ValueError, "n must be positive"),
        (lambda: get_cross_validation_datasets(TEN), TypeError, "n_folds is missing"),
        (lambda: get_cross_validation_datasets(TEN, 0), ValueError, "n_folds must be positive"),
        (lambda: get_cross_validation_datasets(TEN, 11), ValueError, "must not exceed the number of examples, 10"),
        (lambda: get_cross_validation_datasets(TEN, 2, folds=3), TypeError, "unexpected keyword argument 'folds'"),
    ],
)
def test_refuses(make, error, match):
    with pytest.raises(error, match=match):
        make()
