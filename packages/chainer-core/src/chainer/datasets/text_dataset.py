"""The lines of text files, read when they are needed."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from chainer.dataset.dataset_mixin import DatasetMixin


class TextDataset(DatasetMixin):
    """Dataset of lines: of one file as strings, of several files (with as many lines each) as tuples of strings.

    Only the places where the lines begin are kept in memory. Lines keep their newline characters.

    Args:
        paths: A file, or a list of them.
        encoding: As for :func:`open`.
        errors: As for :func:`open`.
        newline: As for :func:`open`.
        filter_func: Takes a line of each file and tells whether to keep them.

    Raises:
        ValueError: There is no file, or they differ in their number of lines.
    """

    def __init__(
        self,
        paths: str | Sequence[str],
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        filter_func: Callable[..., bool] | None = None,
    ) -> None:
        self._paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        if not self._paths:
            raise ValueError("at least one text file must be specified")
        self._encoding = encoding
        self._errors = errors
        self._newline = newline
        self._open()
        bounds = []
        columns = []
        for file in self._files:
            file_bounds, lines = _scan(file, keep=filter_func is not None)
            bounds.append(file_bounds)
            columns.append(lines)
        if len({len(file_bounds) for file_bounds in bounds}) > 1:
            counts = ", ".join(f"{path}: {len(b)}" for path, b in zip(self._paths, bounds))
            self.close()
            raise ValueError(f"number of lines in files does not match ({counts})")
        self._bounds = tuple(bounds)
        rows = range(len(bounds[0]))
        self._lines = (
            list(rows) if filter_func is None else [i for i, line in zip(rows, zip(*columns)) if filter_func(*line)]
        )

    def _open(self) -> None:
        self._files: list[io.TextIOWrapper] = []
        try:
            for path in self._paths:
                self._files.append(open(path, encoding=self._encoding, errors=self._errors, newline=self._newline))
        except BaseException:
            self.close()
            raise
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_files"], state["_lock"], state["_pid"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state
        self._open()

    def __del__(self) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._lines)

    def close(self) -> None:
        """Closes the files; the dataset is of no use after that."""
        for file in getattr(self, "_files", ()):
            file.close()

    def get_example(self, idx: int) -> Any:
        if idx < 0 or idx >= len(self._lines):
            raise IndexError(f"line {idx} is out of range for {len(self._lines)} lines")
        if self._pid != os.getpid() and not self._files[0].closed:
            self._open()  # a forked process would move the position of its parent's files
        row = self._lines[idx]
        with self._lock:
            lines = []
            for file, bounds in zip(self._files, self._bounds):
                file.seek(bounds[row])
                lines.append(file.readline())
        return lines[0] if len(lines) == 1 else tuple(lines)


def _scan(file: io.TextIOWrapper, keep: bool) -> tuple[list[int], list[str]]:
    bounds: list[int] = []
    lines: list[str] = []
    while True:
        position = file.tell()
        line = file.readline()
        if not line:
            return bounds, lines
        bounds.append(position)
        if keep:
            lines.append(line)
