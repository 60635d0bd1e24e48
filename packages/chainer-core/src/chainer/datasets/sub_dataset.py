"""Parts of a dataset: splits and cross validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy

from chainer.dataset.dataset_mixin import DatasetMixin

Order: TypeAlias = "Sequence[int] | numpy.ndarray"


class SubDataset(DatasetMixin):
    """A stretch of another dataset, in its own order or in a given one.

    Args:
        dataset: The whole.
        start: First position that belongs to the part.
        finish: First position after ``start`` that no longer does.
        order: Indices into ``dataset``, one for each position; ``None``: position is index.

    Raises:
        ValueError: The part does not lie within the whole, or ``order`` is not as long as it.
    """

    def __init__(self, dataset: Any, start: int, finish: int, order: Order | None = None) -> None:
        if start < 0 or finish > len(dataset):
            raise ValueError(
                f"subset overruns the base dataset: [{start}, {finish}) is not within its {len(dataset)} examples"
            )
        if finish < start:
            raise ValueError(f"finish must not be smaller than start, got [{start}, {finish})")
        if order is not None and len(order) != len(dataset):
            raise ValueError(
                "order option must have the same length as the base dataset: "
                f"len(order) = {len(order)} while len(dataset) = {len(dataset)}"
            )
        self._dataset = dataset
        self._start = start
        self._finish = finish
        self._size = finish - start
        self._order = order

    def __len__(self) -> int:
        return self._size

    def get_example(self, i: int) -> Any:
        if not -self._size <= i < self._size:
            raise IndexError(f"dataset index out of range: {i}, for {self._size} examples")
        position = (self._start if i >= 0 else self._finish) + i
        return self._dataset[position if self._order is None else self._order[position]]


def split_dataset(dataset: Any, split_at: int, order: Order | None = None) -> tuple[SubDataset, SubDataset]:
    """Cuts a dataset in two.

    Args:
        dataset: The whole.
        split_at: Number of examples in the first part.
        order: Order in which to take the examples; ``None`` is that of the dataset.

    Raises:
        TypeError: ``split_at`` is no integer.
        ValueError: It is negative or larger than the dataset.

    Example:
        >>> from chainer.datasets import split_dataset
        >>> train, test = split_dataset([1, 2, 3, 4], 3)
        >>> train[:], test[:]
        ([1, 2, 3], [4])
    """
    n_examples = len(dataset)
    if not isinstance(split_at, int | numpy.integer):
        raise TypeError(f"split_at must be int, got {type(split_at)} instead")
    if split_at < 0:
        raise ValueError(f"split_at must be non-negative, got {split_at}")
    if split_at > n_examples:
        raise ValueError(f"split_at exceeds the dataset size: {split_at} > {n_examples}")
    return SubDataset(dataset, 0, split_at, order), SubDataset(dataset, split_at, n_examples, order)


def split_dataset_random(dataset: Any, first_size: int, seed: int | None = None) -> tuple[SubDataset, SubDataset]:
    """Cuts a dataset in two at random.

    Args:
        dataset: The whole.
        first_size: Number of examples in the first part.
        seed: Decides who goes where; with ``None`` NumPy's global generator does.
    """
    return split_dataset(dataset, first_size, _permutation(len(dataset), seed))


def split_dataset_n(dataset: Any, n: int, order: Order | None = None) -> list[SubDataset]:
    """Cuts a dataset into parts of equal size, as large as possible; what is left over belongs to none.

    Args:
        dataset: The whole.
        n: Number of parts.
        order: Order in which to take the examples; ``None`` is that of the dataset.
    """
    _check_n_parts("n", n)
    size = len(dataset) // n
    return [SubDataset(dataset, i * size, (i + 1) * size, order) for i in range(n)]


def split_dataset_n_random(dataset: Any, n: int, seed: int | None = None) -> list[SubDataset]:
    """Cuts a dataset at random into parts of equal size; what is left over belongs to none.

    Args:
        dataset: The whole.
        n: Number of parts.
        seed: Decides who goes where; with ``None`` NumPy's global generator does.
    """
    return split_dataset_n(dataset, n, _permutation(len(dataset), seed))


def get_cross_validation_datasets(
    dataset: Any, n_folds: int | None = None, order: Order | None = None, **kwargs: int
) -> list[tuple[SubDataset, SubDataset]]:
    """Pairs of training and test sets for cross validation: each example is tested in one of them.

    Args:
        dataset: The whole.
        n_folds: Number of pairs, at most the number of examples. Its old name ``n_fold`` is understood as well.
        order: Order in which to take the examples; ``None`` is that of the dataset.

    Example:
        >>> from chainer.datasets import get_cross_validation_datasets
        >>> [(train[:], test[:]) for train, test in get_cross_validation_datasets([1, 2, 3], 3)]
        [([1, 2], [3]), ([3, 1], [2]), ([2, 3], [1])]
    """
    n_folds = _n_folds(n_folds, kwargs)
    n_examples = len(dataset)
    if n_folds > n_examples:
        raise ValueError(f"n_folds must not exceed the number of examples, {n_examples}, got {n_folds}")
    borders = [n_examples * i // n_folds for i in range(n_folds + 1)]
    indices = numpy.arange(n_examples) if order is None else numpy.asarray(order)
    splits = []
    for first, end in zip(borders[-2::-1], borders[:0:-1]):
        # The training examples follow upon the test examples, round the end.
        rotated = numpy.roll(indices, -end)
        n_train = n_examples - (end - first)
        splits.append(split_dataset(dataset, n_train, rotated))
    return splits


def get_cross_validation_datasets_random(
    dataset: Any, n_folds: int, seed: int | None = None, **kwargs: int
) -> list[tuple[SubDataset, SubDataset]]:
    """Pairs of training and test sets for cross validation, mixed at random.

    Args:
        dataset: The whole.
        n_folds: Number of pairs.
        seed: Decides who goes where; with ``None`` NumPy's global generator does.
    """
    return get_cross_validation_datasets(dataset, n_folds, _permutation(len(dataset), seed), **kwargs)


def _permutation(n: int, seed: int | None) -> Any:
    return (numpy.random if seed is None else numpy.random.RandomState(seed)).permutation(n)


def _check_n_parts(name: str, n: int) -> None:
    if n < 1:
        raise ValueError(f"{name} must be positive, got {n}")


def _n_folds(n_folds: int | None, old_names: dict[str, int]) -> int:
    unknown = set(old_names) - {"n_fold"}
    if unknown:
        raise TypeError(f"unexpected keyword argument {sorted(unknown)[0]!r}")
    if n_folds is None:
        n_folds = old_names.get("n_fold")
    if n_folds is None:
        raise TypeError("n_folds is missing: say how many pairs to make")
    _check_n_parts("n_folds", n_folds)
    return n_folds
