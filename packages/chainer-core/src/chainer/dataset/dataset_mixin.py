"""Indexing for datasets that say how to make one example."""

from __future__ import annotations

from typing import Any

import numpy


class DatasetMixin:
    """Gives a dataset slices and lists of indices; a subclass writes ``__len__`` and :meth:`get_example`.

    Example:
        >>> from chainer.dataset import DatasetMixin
        >>> class Squares(DatasetMixin):
        ...     def __len__(self):
        ...         return 5
        ...     def get_example(self, i):
        ...         return i * i
        >>> Squares()[3], Squares()[1:4], Squares()[[4, 0]]
        (9, [1, 4, 9], [16, 0])
    """

    def __getitem__(self, index: Any) -> Any:
        """One example, or a list of examples.

        Args:
            index: An integer; or a slice, a list of integers or a one-dimensional array of them.

        Returns:
            What :meth:`get_example` makes of the integer, or a list of that.
        """
        if isinstance(index, slice):
            return [self.get_example(i) for i in range(*index.indices(len(self)))]
        if isinstance(index, list | numpy.ndarray):
            return [self.get_example(i) for i in index]
        return self.get_example(index)

    def __len__(self) -> int:
        """Number of examples."""
        raise NotImplementedError

    def get_example(self, i: Any) -> Any:
        """Example of index ``i``.

        Raises:
            IndexError: There is no such example; iteration over a dataset ends by it.
        """
        raise NotImplementedError
