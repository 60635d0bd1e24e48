"""Datasets in files of pickles: quick to write, read at random."""

from __future__ import annotations

import io
import os
import pickle
import threading
from types import TracebackType
from typing import IO, Any, Self

from chainer.dataset.dataset_mixin import DatasetMixin


class PickleDatasetWriter:
    """Writes examples one after the other, to be read by :class:`PickleDataset`.

    Args:
        writer: A file open for writing bytes.
        protocol: Pickle protocol.
    """

    def __init__(self, writer: IO[bytes], protocol: int = pickle.HIGHEST_PROTOCOL) -> None:
        self._writer = writer
        self._protocol = protocol

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()

    def flush(self) -> None:
        """Flushes the file."""
        self._writer.flush()

    def write(self, x: Any) -> None:
        """Writes one example."""
        pickle.dump(x, self._writer, protocol=self._protocol)


class PickleDataset(DatasetMixin):
    """Dataset in a file of :class:`PickleDatasetWriter`.

    Reading runs the code that a pickle names: open only files that you trust.

    Args:
        reader: A file open for reading bytes, in which one can seek.

    Raises:
        pickle.UnpicklingError: The file holds something else, or its end is missing.
    """

    def __init__(self, reader: IO[bytes]) -> None:
        if not reader.seekable():
            raise ValueError("reader must be a file in which one can seek")
        self._reader = reader
        self._positions = _find_pickles(reader)
        self._lock = threading.RLock()
        self._pid = os.getpid()

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self._reader.name, "positions": self._positions}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._reader = open(state["path"], "rb")  # closed by close()
        self._positions = state["positions"]
        self._lock = threading.RLock()
        self._pid = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._positions)

    def close(self) -> None:
        """Closes the file."""
        self._reader.close()

    def get_example(self, index: int) -> Any:
        position = self._positions[index]
        if self._pid != os.getpid() and isinstance(getattr(self._reader, "name", None), str):
            self.__setstate__(self.__getstate__())  # a forked process would move the position of its parent's file
        with self._lock:
            self._reader.seek(position)
            return pickle.load(self._reader)


def _find_pickles(reader: IO[bytes]) -> list[int]:
    positions = []
    reader.seek(0, io.SEEK_END)
    end = reader.tell()
    position = reader.seek(0)
    while position < end:
        positions.append(position)
        try:
            pickle.load(reader)
        except Exception as error:
            name = getattr(reader, "name", "the file")
            raise pickle.UnpicklingError(
                f"{name} is no pickle dataset, or its end is missing: example {len(positions) - 1}, which begins at "
                f"byte {position}, cannot be read ({type(error).__name__}: {error})"
            ) from error
        position = reader.tell()
    return positions


def open_pickle_dataset(path: str) -> PickleDataset:
    """Opens a file of :func:`open_pickle_dataset_writer` as a dataset.

    Reading runs the code that a pickle names: open only files that you trust.

    Args:
        path: The file.

    Raises:
        pickle.UnpicklingError: The file holds something else, or its end is missing.
    """
    reader = open(path, "rb")  # the dataset closes it
    try:
        return PickleDataset(reader)
    except BaseException:
        reader.close()
        raise


def open_pickle_dataset_writer(path: str, protocol: int = pickle.HIGHEST_PROTOCOL) -> PickleDatasetWriter:
    """Opens a file to write a dataset into, example by example.

    Args:
        path: The file.
        protocol: Pickle protocol.

    Example:
        >>> import os, tempfile
        >>> from chainer.datasets import open_pickle_dataset, open_pickle_dataset_writer
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "examples.pkl")
        ...     with open_pickle_dataset_writer(path) as writer:
        ...         writer.write({"x": 1})
        ...         writer.write({"x": 2})
        ...     with open_pickle_dataset(path) as dataset:
        ...         dataset[1], len(dataset)
        ({'x': 2}, 2)
    """
    return PickleDatasetWriter(open(path, "wb"), protocol)  # the writer closes it
