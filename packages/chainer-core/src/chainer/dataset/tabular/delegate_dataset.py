"""A table that is another table."""

from __future__ import annotations

from typing import Any

from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset


class DelegateDataset(TabularDataset):
    """Base of tables that only add to another one: all is left to :attr:`dataset`.

    Args:
        dataset: The other table.
    """

    def __init__(self, dataset: TabularDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.dataset.keys

    @property
    def mode(self) -> Mode:
        return self.dataset.mode

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        return self.dataset.get_examples(indices, key_indices)

    def convert(self, data: Any) -> Any:
        return self.dataset.convert(data)
