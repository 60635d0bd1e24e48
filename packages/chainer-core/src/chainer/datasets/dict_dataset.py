"""Several datasets side by side, as dicts."""

from __future__ import annotations

from typing import Any


class DictDataset:
    """Dataset of dicts: example ``i`` holds example ``i`` of each dataset, under its name.

    Args:
        datasets: Datasets, arrays or lists of the same length.

    Raises:
        ValueError: There are none, or their lengths differ.

    Example:
        >>> from chainer.datasets import DictDataset
        >>> DictDataset(x=[1, 2, 3], y="abc")[2]
        {'x': 3, 'y': 'c'}
    """

    def __init__(self, **datasets: Any) -> None:
        if not datasets:
            raise ValueError("no datasets are given")
        length = len(next(iter(datasets.values())))
        for key, dataset in datasets.items():
            if len(dataset) != length:
                raise ValueError(f'dataset length conflicts at "{key}": {len(dataset)}, expected {length}')
        self._datasets = datasets
        self._length = length

    def __getitem__(self, index: Any) -> Any:
        batches = [dataset[index] for dataset in self._datasets.values()]
        if isinstance(index, slice):
            return [dict(zip(self._datasets, example)) for example in zip(*batches)]
        return dict(zip(self._datasets, batches))

    def __len__(self) -> int:
        return self._length
