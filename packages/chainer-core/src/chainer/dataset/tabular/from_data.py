"""Tables made of what one has at hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy

from chainer.backends import cuda
from chainer.dataset.tabular._join import Join
from chainer.dataset.tabular._transform import Transform
from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset

_GPU_ARRAY: type = cuda.ndarray
_unnamed = itertools.count()


def from_data(data: Any, *, size: int | None = None) -> TabularDataset:
    """Makes a table from arrays, lists and functions.

    Args:
        data: One column, a tuple of columns (examples are tuples) or a dict of columns (examples are dicts). A
            column is an array or a list; a function from an index to a value; or another table, whose columns
            are taken over. In a tuple, ``(key, column)`` gives a column its name, which a function must have;
            a function with a tuple of keys computes several columns.
        size: Number of rows; needed if all columns are functions.

    Raises:
        ValueError: The columns differ in length, or a name or the size is missing.
        TypeError: ``data`` is none of these.

    Example:
        >>> import numpy as np
        >>> from chainer.dataset import tabular
        >>> tabular.from_data((np.arange(3), [5, 6, 7]))[1]
        (np.int64(1), 6)
        >>> tabular.from_data({"x": [1, 2, 3], ("double", "square"): lambda i: (2 * i, i * i)})[2]
        {'x': 3, 'double': 4, 'square': 4}
    """
    if isinstance(data, dict):
        return _join(list(data.items()), size).asdict()
    if isinstance(data, tuple) and not _is_named(data):
        return _join([item if _is_named(item) else (None, item) for item in data], size).astuple()
    key, column = data if isinstance(data, tuple) else (None, data)
    return _make_column(key, column, size)


def _is_named(item: Any) -> bool:
    if not isinstance(item, tuple) or len(item) != 2:
        return False
    key = item[0]
    return key is None or isinstance(key, str) or isinstance(key, tuple) and all(isinstance(k, str) for k in key)


def _join(items: list[tuple[Any, Any]], size: int | None) -> TabularDataset:
    if not items:
        raise ValueError("a table needs at least one column, got none")
    for _, column in items:
        if size is None and not callable(column):
            size = _length(column)
    return Join(*[_make_column(key, column, size) for key, column in items])


def _length(column: Any) -> int | None:
    return len(column) if hasattr(column, "__len__") else None


def _make_column(key: Any, column: Any, size: int | None) -> TabularDataset:
    if isinstance(column, TabularDataset):
        return column
    if callable(column):
        if key is None:
            raise ValueError("a function needs its key: pass (key, function)")
        if size is None:
            raise ValueError("size must be given if all columns are functions")
        return Transform(_Indices(size), key, column)
    if isinstance(column, list | numpy.ndarray | _GPU_ARRAY):
        return _Column(f"_{next(_unnamed)}" if key is None else key, column)
    raise TypeError(
        f"a column must be a list, an array, a function or a table, got {type(column).__name__}; "
        "several columns come as a tuple or a dict"
    )


class _SingleColumn(TabularDataset):
    """A table with one column, whose values are the examples."""

    _key: Any
    _values: Any

    def __len__(self) -> int:
        return len(self._values)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self._key,)

    @property
    def mode(self) -> Mode:
        return None

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        column = self._read(indices)
        return (column,) if key_indices is None else (column,) * len(key_indices)

    def _read(self, indices: RowIndices) -> Any:
        if indices is None:
            return self._values
        if isinstance(indices, slice) or not isinstance(self._values, list | range):
            return self._values[indices]
        return [self._values[i] for i in indices]


class _Column(_SingleColumn):
    """A list or an array as a table."""

    def __init__(self, key: Any, values: Any) -> None:
        self._key = key
        self._values = values


class _Indices(_SingleColumn):
    """The row numbers, which functions compute from."""

    def __init__(self, size: int) -> None:
        self._key = "index"
        self._values = range(size)
