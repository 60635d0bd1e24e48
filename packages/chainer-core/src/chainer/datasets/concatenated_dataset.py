"""Several datasets one after the other."""

from __future__ import annotations

from typing import Any

from chainer.dataset.dataset_mixin import DatasetMixin


class ConcatenatedDataset(DatasetMixin):
    """The examples of the first dataset, then those of the second, and so on.

    Args:
        datasets: Datasets.

    Example:
        >>> from chainer.datasets import ConcatenatedDataset
        >>> ConcatenatedDataset([0, 1], [2, 3, 4])[1:4]
        [1, 2, 3]
    """

    def __init__(self, *datasets: Any) -> None:
        self._datasets = datasets

    def __len__(self) -> int:
        return sum(map(len, self._datasets))

    def get_example(self, i: int) -> Any:
        if i >= 0:
            rest = i
            for dataset in self._datasets:
                if rest < len(dataset):
                    return dataset[rest]
                rest -= len(dataset)
        raise IndexError(f"dataset index {i} is out of range for {len(self)} examples")
