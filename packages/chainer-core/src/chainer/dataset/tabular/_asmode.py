"""The same table with examples of another kind."""

from __future__ import annotations

from chainer.dataset.tabular.delegate_dataset import DelegateDataset
from chainer.dataset.tabular.tabular_dataset import Mode, TabularDataset


class AsMode(DelegateDataset):
    """Table of :meth:`TabularDataset.astuple` and :meth:`TabularDataset.asdict`."""

    def __init__(self, dataset: TabularDataset, mode: Mode) -> None:
        super().__init__(dataset)
        self._mode = mode

    @property
    def mode(self) -> Mode:
        return self._mode
