"""Several datasets side by side, as tuples."""

from __future__ import annotations

from typing import Any


class TupleDataset:
    """Dataset of tuples: example ``i`` holds example ``i`` of each dataset.

    Args:
        datasets: Datasets, arrays or lists of the same length.

    Raises:
        ValueError: There are none, or their lengths differ.

    Example:
        >>> from chainer.datasets import TupleDataset
        >>> TupleDataset([1, 2, 3], "abc")[:2]
        [(1, 'a'), (2, 'b')]
    """

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise ValueError("no datasets are given")
        length = len(datasets[0])
        for i, dataset in enumerate(datasets):
            if len(dataset) != length:
                raise ValueError(f"dataset of the index {i} has a wrong length: {len(dataset)}, expected {length}")
        self._datasets = datasets
        self._length = length

    def __getitem__(self, index: Any) -> Any:
        batches = [dataset[index] for dataset in self._datasets]
        return list(zip(*batches)) if isinstance(index, slice) else tuple(batches)

    def __len__(self) -> int:
        return self._length
