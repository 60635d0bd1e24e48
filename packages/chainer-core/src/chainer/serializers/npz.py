"""Snapshots as NumPy's ``.npz`` files, the default format."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy

from chainer import serializer
from chainer.serializer import Serializable
from chainer.serializers._legacy_none import PICKLED_NONE
from chainer.serializers._npz_archive import NpzArchive
from chainer.serializers._rollback import Journal, rolled_back_on_error
from chainer.serializers._values import FileLike, is_none, missing_key, restore, to_array
from chainer.utils.atomic_file import replacing

NamePattern: TypeAlias = str | Callable[[str], bool]
IgnoreNames: TypeAlias = NamePattern | list[NamePattern] | tuple[NamePattern, ...] | None


class DictionarySerializer(serializer.Serializer):
    """Serializer that collects arrays in a flat dictionary, whose keys are paths like ``"predictor/l1/W"``.

    Arrays that are on the CPU are not copied.

    Args:
        target: Dictionary to write to; ``None`` makes a new one.
        path: What all keys begin with.

    Attributes:
        target: The dictionary.

    Example:
        >>> from chainer.serializers import DictionarySerializer
        >>> serializer = DictionarySerializer()
        >>> serializer["optimizer"]("t", 3)
        3
        >>> serializer.target
        {'optimizer/t': array(3)}
    """

    def __init__(self, target: dict[str, Any] | None = None, path: str = "") -> None:
        self.target: dict[str, Any] = {} if target is None else target
        self.path = path

    def __getitem__(self, key: str) -> DictionarySerializer:
        return DictionarySerializer(self.target, self.path + key.strip("/") + "/")

    def __call__(self, key: str, value: Any) -> Any:
        name = self.path + key.lstrip("/")
        self.target[name] = to_array(value, name)
        return value


def serialize(obj: Serializable) -> dict[str, numpy.ndarray[Any, Any]]:
    """The flat dictionary of arrays that :func:`save_npz` would write.

    Args:
        obj: What to serialize, a link for example.
    """
    dictionary = DictionarySerializer()
    dictionary.save(obj)
    return dictionary.target


def save_npz(file: FileLike, obj: Serializable, compression: bool = True) -> None:
    """Saves an object to a ``.npz`` file.

    A file given by its path is replaced as a whole: it is never seen half-written, whatever happens on the way.

    Args:
        file: Path, or a file opened for writing in binary.
        obj: What to save: anything with a ``serialize`` method.
        compression: Whether to compress. Weights hardly shrink, so large models are saved faster without.
    Raises:
        TypeError: A value is no array, number, string or ``None``.
        OSError: The file cannot be written; one that was there before is as it was.

    Example:
        >>> import io
        >>> import chainer.links as L
        >>> from chainer.serializers import load_npz, save_npz
        >>> file = io.BytesIO()
        >>> save_npz(file, L.Linear(3, 2))
        >>> load_npz(file, L.Linear(3, 2))
    """
    arrays = serialize(obj)
    if isinstance(file, str | os.PathLike):
        with replacing(file) as unfinished:
            _write(unfinished, arrays, compression)
    else:
        _write(file, arrays, compression)


def _write(file: FileLike, arrays: dict[str, numpy.ndarray[Any, Any]], compression: bool) -> None:
    # numpy.savez would add ".npz" to a path that lacks it, and trips over a key named "file".
    method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if is_none(array):
                    member.write(PICKLED_NONE)
                else:
                    numpy.lib.format.write_array(member, array)


class NpzDeserializer(serializer.Deserializer):
    """Deserializer that reads from a flat mapping of names to arrays.

    Args:
        npz: What ``numpy.load`` returns, or any other mapping like the one :class:`DictionarySerializer` makes.
        path: What the keys begin with, ``"predictor/"`` for example.
        strict: Whether a name that ``npz`` lacks is an error. If not, its value stays.
        ignore_names: Full names of values that stay as they are: a string, a function from a name to ``bool``, or a
            list of these.
        journal: Where to note the values that are replaced.
    Raises:
        KeyError: When called: ``npz`` lacks the name.
        ValueError: When called: the shapes differ, or ``ignore_names`` is none of the above.
        TypeError: When called: the dtype is of another kind.
    """

    def __init__(
        self,
        npz: Mapping[str, numpy.ndarray[Any, Any]],
        path: str = "",
        strict: bool = True,
        ignore_names: IgnoreNames = None,
        *,
        journal: Journal | None = None,
    ) -> None:
        self.npz = npz
        self.path = path
        self.strict = strict
        self.ignore_names = ignore_names
        self._journal = journal

    def __getitem__(self, key: str) -> NpzDeserializer:
        path = self.path + key.strip("/") + "/"
        return NpzDeserializer(self.npz, path, self.strict, self.ignore_names, journal=self._journal)

    def __call__(self, key: str, value: Any) -> Any:
        name = self.path + key.lstrip("/")
        if _matches(name, self.ignore_names):
            return value
        source = getattr(self.npz, "filename", "the archive")
        if name not in self.npz:
            if self.strict:
                raise missing_key(name, self.npz, source)
            return value
        stored = self.npz[name]
        if self._journal is not None:
            self._journal.record(name, value)
        return restore(stored, value, name, source)


def _matches(name: str, pattern: IgnoreNames) -> bool:
    if pattern is None:
        return False
    if isinstance(pattern, str):
        return name == pattern
    if callable(pattern):
        return bool(pattern(name))
    if isinstance(pattern, list | tuple):
        return any(_matches(name, element) for element in pattern)
    raise ValueError(f"ignore_names must be a string, a function or a list of these, got {pattern!r}")


def load_npz(
    file: FileLike,
    obj: Serializable,
    path: str = "",
    strict: bool = True,
    ignore_names: IgnoreNames = None,
    *,
    allow_pickle: bool = False,
) -> None:
    """Loads an object from a ``.npz`` file.

    If that fails, ``obj`` is left as it was; for this its arrays are copied first, so memory for them is needed twice.
    There are two limits: what a ``serialize`` method of one's own does besides assigning the loaded values is not
    undone, and parameters without a size lose again the one they got only if ``obj`` is a link.

    Args:
        file: Path, or a file opened for reading in binary.
        obj: What to load into: anything with a ``serialize`` method.
        path: Where ``obj`` is within the file, ``"updater/model:main/"`` for example: what the keys begin with.
        strict: Whether a value that is not in the file is an error. If not, it stays.
        ignore_names: Full names of values that stay as they are: a string, a function from a name to ``bool``, or a
            list of these.
        allow_pickle: Whether to read pickled objects, too. They may run any code, so do it only for files from people
            you trust. ``None`` is always read.
    Raises:
        KeyError: A value is not in the file.
        ValueError: A shape differs; the file is no ``.npz`` file, is not complete, or holds pickled objects.
        TypeError: A dtype is of another kind.
        OSError: The file cannot be read.
    """
    with (
        NpzArchive(file, allow_pickle) as archive,
        rolled_back_on_error(obj, path) as journal,
    ):
        NpzDeserializer(archive, path, strict, ignore_names, journal=journal).load(obj)
