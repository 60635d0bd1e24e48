"""What training asks of anything that deals out mini-batches."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self


class Iterator:
    """Base of all iterators over a dataset: each step yields a mini-batch, a list of examples.

    A subclass defines ``__next__`` or :meth:`next`; each falls back to the other. Training also reads the attributes
    ``batch_size``, ``epoch`` (finished sweeps over the dataset), ``is_new_epoch`` (whether the last batch finished
    one), ``epoch_detail`` (the same with its fraction) and ``previous_epoch_detail`` (that before the last batch).

    An iterator is a context manager that calls :meth:`finalize` at its end.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if type(self).next is Iterator.next:
            raise NotImplementedError(f"{type(self).__name__} must define __next__ or next")
        return self.next()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finalize()

    def __del__(self) -> None:
        self.finalize()

    def next(self) -> Any:
        """The next mini-batch; ``next(iterator)`` calls it.

        Raises:
            StopIteration: There are no more batches.
        """
        return self.__next__()

    def finalize(self) -> None:
        """Ends the workers of the iterator, if it has any. May be called more than once."""

    def serialize(self, serializer: Any) -> None:
        """Saves or restores where the iterator stands, so that a resumed run sees the same batches."""
