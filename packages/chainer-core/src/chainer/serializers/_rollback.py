"""Loading that leaves its target as it was if it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy

from chainer import backend
from chainer.backends import cuda
from chainer.serializer import Deserializer, Serializable


class Journal:
    """What the values were before a deserializer touched them.

    Arrays are kept as copies on the CPU, so a load needs memory for its target once more.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._copies: dict[str, numpy.ndarray[Any, Any]] = {}

    def record(self, name: str, value: Any) -> None:
        """Notes that ``value`` is about to be replaced, or to be overwritten if it is an array."""
        if name in self._values:
            return
        self._values[name] = value
        if isinstance(value, numpy.ndarray):
            self._copies[name] = value.copy()
        elif isinstance(value, cuda.ndarray):
            self._copies[name] = cuda.to_cpu(value)

    def before(self, name: str, value: Any) -> Any:
        """What was recorded under ``name``; ``value`` if nothing was."""
        return self._values.get(name, value)

    def restore_arrays(self) -> None:
        """Gives all arrays their content back."""
        for name, copy in self._copies.items():
            backend.copyto(self._values[name], copy)


class _Undo(Deserializer):
    """Hands out what a journal recorded, so that attributes that were assigned are assigned back."""

    def __init__(self, journal: Journal, path: str) -> None:
        self._journal = journal
        self._path = path

    def __getitem__(self, key: str) -> _Undo:
        return _Undo(self._journal, self._path + key.strip("/") + "/")

    def __call__(self, key: str, value: Any) -> Any:
        return self._journal.before(self._path + key.lstrip("/"), value)


def _shapeless_parameters(obj: Any) -> list[Any]:
    return [param for _, param in obj.namedparams() if param.array is None] if hasattr(obj, "namedparams") else []


@contextlib.contextmanager
def rolled_back_on_error(obj: Serializable, path: str = "") -> Iterator[Journal]:
    """Context manager in which ``obj`` is loaded by a deserializer that keeps the journal it is handed.

    If the block raises, arrays get their content back, parameters that had no shape lose it again, and ``obj`` is
    walked once more to take back its numbers and strings. What a ``serialize`` method of one's own does besides
    assigning what the deserializer returns is not undone.

    Args:
        obj: What is loaded into.
        path: Where in the file its names begin.
    """
    journal = Journal()
    shapeless = _shapeless_parameters(obj)
    try:
        yield journal
    except BaseException:
        journal.restore_arrays()
        with contextlib.suppress(Exception):  # the first error is the one to tell
            obj.serialize(_Undo(journal, path))
        for param in shapeless:
            param.array = None
        raise
