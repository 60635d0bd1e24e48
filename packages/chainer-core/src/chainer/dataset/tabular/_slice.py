"""Some rows and columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from chainer.dataset.tabular._concat import range_to_slice
from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset


class SliceHelper:
    """What stands before the brackets in ``table.slice[rows, columns]``."""

    def __init__(self, dataset: TabularDataset) -> None:
        self._dataset = dataset

    def __getitem__(self, args: Any) -> TabularDataset:
        if not isinstance(args, tuple):
            return Slice(self._dataset, _as_rows(args, len(self._dataset)), None, self._dataset.mode)
        if len(args) != 2:
            raise ValueError(f"slice takes rows, or rows and columns, got {len(args)} indices")
        rows, keys = args
        single = isinstance(keys, str | int | numpy.integer)
        key_indices = tuple([_key_index(self._dataset.keys, key) for key in ([keys] if single else _listed(keys))])
        mode = None if single else self._dataset.mode or tuple
        return Slice(self._dataset, _as_rows(rows, len(self._dataset)), key_indices, mode)


class Slice(TabularDataset):
    """Table of :attr:`TabularDataset.slice`."""

    def __init__(self, dataset: TabularDataset, rows: list[int] | slice, key_indices: KeyIndices, mode: Mode) -> None:
        self._dataset = dataset
        self._rows = rows
        self._key_indices = key_indices
        self._mode = mode

    def __len__(self) -> int:
        if isinstance(self._rows, slice):
            return len(range(len(self._dataset))[self._rows])
        return len(self._rows)

    @property
    def keys(self) -> tuple[str, ...]:
        keys = self._dataset.keys
        return keys if self._key_indices is None else tuple([keys[k] for k in self._key_indices])

    @property
    def mode(self) -> Mode:
        return self._mode

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        return self._dataset.get_examples(self._base_rows(indices), self._base_keys(key_indices))

    def convert(self, data: Any) -> Any:
        return self._dataset.convert(data)

    def _base_rows(self, indices: RowIndices) -> RowIndices:
        if indices is None:
            return self._rows
        if isinstance(self._rows, slice):
            rows = range(len(self._dataset))[self._rows]
            return range_to_slice(rows[indices]) if isinstance(indices, slice) else [rows[i] for i in indices]
        return self._rows[indices] if isinstance(indices, slice) else [self._rows[i] for i in indices]

    def _base_keys(self, key_indices: KeyIndices) -> KeyIndices:
        if self._key_indices is None:
            return key_indices
        if key_indices is None:
            return self._key_indices
        return tuple([self._key_indices[k] for k in key_indices])


def _as_rows(rows: Any, length: int) -> list[int] | slice:
    if isinstance(rows, slice):
        return rows
    rows = _listed(rows)
    if rows and all(isinstance(row, bool | numpy.bool) for row in rows):
        if len(rows) != length:
            raise ValueError(f"a mask of rows must be as long as the dataset, {length}, got {len(rows)} booleans")
        return [i for i, row in enumerate(rows) if row]
    return [_checked(int(row), length, "dataset") for row in rows]


def _listed(indices: Any) -> Sequence[Any]:
    if isinstance(indices, numpy.ndarray) and indices.ndim == 1:
        return indices.tolist()
    if isinstance(indices, list | tuple | range):
        return indices
    raise TypeError(f"slice takes a slice, or a list or an array of indices or booleans, got {indices!r}")


def _key_index(keys: tuple[str, ...], key: Any) -> int:
    if isinstance(key, int | numpy.integer):
        return _checked(int(key), len(keys), "keys")
    if key not in keys:
        raise KeyError(f"there is no key {key!r}; the keys are {', '.join(map(str, keys))}")
    return keys.index(key)


def _checked(index: int, size: int, what: str) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for {what} with size {size}")
    return index % size
