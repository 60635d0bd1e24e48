"""The same table with another way to arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.dataset.tabular.delegate_dataset import DelegateDataset
from chainer.dataset.tabular.tabular_dataset import TabularDataset


class WithConverter(DelegateDataset):
    """Table of :meth:`TabularDataset.with_converter`."""

    def __init__(self, dataset: TabularDataset, converter: Callable[..., Any]) -> None:
        super().__init__(dataset)
        self._converter = converter

    def convert(self, data: Any) -> Any:
        if isinstance(data, tuple):
            return self._converter(*data)
        if isinstance(data, dict):
            return self._converter(**data)
        return self._converter(data)
