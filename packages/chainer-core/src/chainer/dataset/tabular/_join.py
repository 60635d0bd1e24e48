"""Tables side by side."""

from __future__ import annotations

from typing import Any

from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset


class Join(TabularDataset):
    """Table of :meth:`TabularDataset.join`."""

    def __init__(self, *datasets: TabularDataset) -> None:
        lengths = [len(dataset) for dataset in datasets]
        if len(set(lengths)) != 1:
            raise ValueError(f"all datasets must have the same length, got {lengths}")
        keys = [key for dataset in datasets for key in dataset.keys]
        if len(set(keys)) != len(keys):
            raise ValueError(f"all keys must be unique among all datasets, got {keys}")
        self._datasets = datasets

    def __len__(self) -> int:
        return len(self._datasets[0])

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple([key for dataset in self._datasets for key in dataset.keys])

    @property
    def mode(self) -> Mode:
        return self._datasets[0].mode or tuple

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        if key_indices is None:
            return tuple([column for dataset in self._datasets for column in dataset.get_examples(indices, None)])
        columns: dict[int, Any] = {}
        first = 0
        for dataset in self._datasets:
            end = first + len(dataset.keys)
            wanted = [key for key in dict.fromkeys(key_indices) if first <= key < end]
            if wanted:  # a table none of whose columns is wanted is not read
                columns.update(zip(wanted, dataset.get_examples(indices, tuple([key - first for key in wanted]))))
            first = end
        return tuple([columns[key] for key in key_indices])

    def convert(self, data: Any) -> Any:
        return self._datasets[0].convert(data)
