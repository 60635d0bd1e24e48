"""Tables one below the other."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset


class Concat(TabularDataset):
    """Table of :meth:`TabularDataset.concat`."""

    def __init__(self, *datasets: TabularDataset) -> None:
        for dataset in datasets[1:]:
            if dataset.keys != datasets[0].keys:
                raise ValueError(
                    f"all datasets must have the same keys in the same order, got {datasets[0].keys} and {dataset.keys}"
                )
        self._datasets = datasets

    def __len__(self) -> int:
        return sum(map(len, self._datasets))

    @property
    def keys(self) -> tuple[str, ...]:
        return self._datasets[0].keys

    @property
    def mode(self) -> Mode:
        return self._datasets[0].mode

    def convert(self, data: Any) -> Any:
        return self._datasets[0].convert(data)

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        if indices is None:
            parts = [dataset.get_examples(None, key_indices) for dataset in self._datasets]
        elif isinstance(indices, slice):
            parts = self._read_range(range(len(self))[indices], key_indices)
        else:
            return self._read_list(indices, key_indices)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return self._no_rows(key_indices)
        return tuple([[row for part in column for row in part] for column in zip(*parts)])

    def _read_range(self, rows: range, key_indices: KeyIndices) -> list[tuple[Any, ...]]:
        ascending = rows if rows.step > 0 else rows[::-1]
        parts = []
        first = 0
        for dataset in self._datasets:
            end = first + len(dataset)
            part = ascending[bisect.bisect_left(ascending, first) : bisect.bisect_left(ascending, end)]
            if part:
                shifted = range(part.start - first, part.stop - first, part.step)
                parts.append(dataset.get_examples(range_to_slice(shifted[:: 1 if rows.step > 0 else -1]), key_indices))
            first = end
        return parts if rows.step > 0 else parts[::-1]

    def _read_list(self, indices: Sequence[int], key_indices: KeyIndices) -> tuple[Any, ...]:
        ends: list[int] = []
        for dataset in self._datasets:
            ends.append((ends[-1] if ends else 0) + len(dataset))
        positions: dict[int, list[int]] = {}
        for position, index in enumerate(indices):
            if not 0 <= index < ends[-1]:
                raise IndexError(f"index {index} is out of bounds for dataset with size {ends[-1]}")
            positions.setdefault(bisect.bisect_right(ends, index), []).append(position)
        if not positions:
            return self._no_rows(key_indices)
        parts = {
            k: self._datasets[k].get_examples(
                [indices[position] - (ends[k - 1] if k else 0) for position in where], key_indices
            )
            for k, where in positions.items()
        }
        if len(parts) == 1:
            return next(iter(parts.values()))
        n_columns = len(next(iter(parts.values())))
        columns: tuple[list[Any], ...] = tuple([[None] * len(indices) for _ in range(n_columns)])
        for k, where in positions.items():
            for column, part in zip(columns, parts[k]):
                for position, row in zip(where, part):
                    column[position] = row
        return columns

    def _no_rows(self, key_indices: KeyIndices) -> tuple[Any, ...]:
        return tuple([[] for _ in (self.keys if key_indices is None else key_indices)])


def range_to_slice(rows: range) -> slice:
    """The slice that takes what ``rows`` enumerates, all of which is non-negative."""
    if not rows:
        return slice(0, 0, 1)
    # Python lets the end of a range lie far behind its last item; a table may not expect that.
    end = rows[-1] + (1 if rows.step > 0 else -1)
    return slice(rows.start, None if end < 0 else end, rows.step)
