"""A dataset as a table: what all tables can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

from chainer.backend import get_array_module
from chainer.backends import cuda
from chainer.dataset.dataset_mixin import DatasetMixin

if TYPE_CHECKING:
    from chainer.dataset.tabular._slice import SliceHelper

RowIndices: TypeAlias = "Sequence[int] | slice | None"
KeyIndices: TypeAlias = "tuple[int, ...] | None"
Mode: TypeAlias = "type[tuple[Any, ...]] | type[dict[str, Any]] | None"

_GPU_ARRAY: type = cuda.ndarray


class TabularDataset(DatasetMixin):
    """Base of datasets that are tables.

    A table has named columns (:attr:`keys`) and rows, its examples. :attr:`mode` tells what an example is: a
    ``tuple``, a ``dict``, or, if it is ``None``, the bare value of the only column. A subclass defines
    ``__len__``, :attr:`keys`, :attr:`mode` and :meth:`get_examples`, which reads just the rows and columns that
    are asked for. The methods below return new tables that read from this one when they are read themselves.

    Example:
        >>> import numpy as np
        >>> from chainer.dataset import tabular
        >>> table = tabular.from_data({"x": np.arange(4), "name": ["a", "b", "c", "d"]})
        >>> table[1]
        {'x': np.int64(1), 'name': 'b'}
        >>> table.slice[[3, 0], ("name",)].fetch()
        {'name': ['d', 'a']}
        >>> table.astuple().transform("y", lambda x, name: (x + 1) * name)[2]
        'ccc'
    """

    def __len__(self) -> int:
        """Number of rows."""
        raise NotImplementedError

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns, each only once."""
        raise NotImplementedError

    @property
    def mode(self) -> Mode:
        """What an example is: ``tuple``, ``dict`` or, with one column, ``None`` for its bare value."""
        raise NotImplementedError

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        """Reads columns.

        Args:
            indices: Rows: a list of indices, a slice, or ``None`` for all.
            key_indices: Columns, as positions in :attr:`keys`, or ``None`` for all.

        Returns:
            A list or an array for each column.
        """
        raise NotImplementedError

    @property
    def slice(self) -> SliceHelper:
        """Part of the table: ``table.slice[rows]`` or ``table.slice[rows, columns]``.

        Rows are a slice, a list or an array of indices or of booleans. Columns are a key or its position, whose
        values then are the examples, or a tuple of these.
        """
        from chainer.dataset.tabular._slice import SliceHelper

        return SliceHelper(self)

    def fetch(self) -> Any:
        """All examples, by column: a tuple, a dict, or the only column, as :attr:`mode` says."""
        columns = self.get_examples(None, None)
        if self.mode is dict:
            return dict(zip(self.keys, columns))
        return columns if self.mode is tuple else columns[0]

    def convert(self, data: Any) -> Any:
        """Turns what :meth:`fetch` returned into arrays.

        Args:
            data: A tuple or a dict of columns, or one column.

        Returns:
            The same with an array in place of each column.
        """
        if isinstance(data, tuple):
            return tuple([_as_array(column) for column in data])
        if isinstance(data, dict):
            return {key: _as_array(column) for key, column in data.items()}
        return _as_array(data)

    def astuple(self) -> TabularDataset:
        """The same table with tuples as examples."""
        from chainer.dataset.tabular._asmode import AsMode

        return AsMode(self, tuple)

    def asdict(self) -> TabularDataset:
        """The same table with dicts as examples."""
        from chainer.dataset.tabular._asmode import AsMode

        return AsMode(self, dict)

    def concat(self, *datasets: TabularDataset) -> TabularDataset:
        """The rows of this table, then those of others.

        Args:
            datasets: Tables with the same keys in the same order.

        Raises:
            ValueError: The keys differ.
        """
        from chainer.dataset.tabular._concat import Concat

        return Concat(self, *datasets)

    def join(self, *datasets: TabularDataset) -> TabularDataset:
        """The columns of this table, then those of others.

        Args:
            datasets: Tables of the same length, with other keys.

        Raises:
            ValueError: The lengths differ, or a key occurs twice.
        """
        from chainer.dataset.tabular._join import Join

        return Join(self, *datasets)

    def transform(self, keys: str | tuple[str, ...], transform: Callable[..., Any]) -> TabularDataset:
        """A table whose examples are computed from those of this one, when they are read.

        Args:
            keys: Names of the new columns; a string for a single one.
            transform: Takes the parts of an example, by position, or by key if examples are dicts. Returns a
                tuple or a dict of the new parts, or the bare value.
        """
        from chainer.dataset.tabular._transform import Transform

        return Transform(self, keys, transform)

    def transform_batch(self, keys: str | tuple[str, ...], transform_batch: Callable[..., Any]) -> TabularDataset:
        """As :meth:`transform`, but the function takes and returns whole columns.

        Args:
            keys: Names of the new columns; a string for a single one.
            transform_batch: Takes columns (lists or arrays, of any length) and returns columns.
        """
        from chainer.dataset.tabular._transform import TransformBatch

        return TransformBatch(self, keys, transform_batch)

    def with_converter(self, converter: Callable[..., Any]) -> TabularDataset:
        """The same table with another :meth:`convert`.

        Args:
            converter: Takes columns, by position, or by key if examples are dicts.
        """
        from chainer.dataset.tabular._with_converter import WithConverter

        return WithConverter(self, converter)

    def get_example(self, i: Any) -> Any:
        """One row, as a tuple, a dict, or a bare value."""
        columns = self.get_examples([i], None)
        if self.mode is dict:
            return {key: column[0] for key, column in zip(self.keys, columns)}
        return tuple([column[0] for column in columns]) if self.mode is tuple else columns[0][0]

    def __iter__(self) -> Iterator[Any]:
        return (self.get_example(i) for i in range(len(self)))


def _as_array(column: Any) -> Any:
    if isinstance(column, numpy.ndarray | _GPU_ARRAY):
        return column
    values = list(column)
    xp = get_array_module(*values[:1])
    if xp is not numpy:  # pragma: no cover - needs a GPU
        return xp.stack(values)
    try:
        return numpy.asarray(values)
    except ValueError:  # arrays of different shapes
        ragged = numpy.empty(len(values), object)
        ragged[:] = values
        return ragged
