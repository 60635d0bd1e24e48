"""Snapshots as HDF5 files, with one group for each child. Needs h5py, the extra ``hdf5``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy

from chainer import serializer
from chainer.serializer import Serializable
from chainer.serializers._rollback import Journal, rolled_back_on_error
from chainer.serializers._values import FileLike, is_none, missing_key, name_of, restore, to_array
from chainer.utils.atomic_file import replacing
from chainer.utils.optional_dependency import require


def _h5py() -> Any:
    return require("h5py", "hdf5", "reading and writing HDF5 files")


class HDF5Serializer(serializer.Serializer):
    """Serializer that writes to a group of an HDF5 file.

    ``None`` becomes an empty dataset, text a scalar of variable length.

    Args:
        group: ``h5py.Group`` to write to.
        compression: Level of gzip, from 0 to 9, or whatever else ``h5py`` takes; ``None`` stores arrays as they are.
            Scalars are never compressed.
    """

    def __init__(self, group: Any, compression: Any = 4) -> None:
        _h5py()
        self.group = group
        self.compression = compression

    def __getitem__(self, key: str) -> HDF5Serializer:
        return HDF5Serializer(self.group.require_group(key.strip("/")), self.compression)

    def __call__(self, key: str, value: Any) -> Any:
        name = key.lstrip("/")
        array = to_array(value, f"{self.group.name}/{name}".lstrip("/"))
        h5py = _h5py()
        if is_none(array):
            self.group.create_dataset(name, data=h5py.Empty("f"))
        elif array.dtype.kind == "U":
            self.group.create_dataset(name, data=array.astype(object), dtype=h5py.string_dtype())
        else:
            compression = self.compression if array.size > 1 else None  # HDF5 cannot compress scalars
            self.group.create_dataset(name, data=array, compression=compression)
        return value


def save_hdf5(filename: FileLike, obj: Serializable, compression: Any = 4) -> None:
    """Saves an object to an HDF5 file.

    A file given by its path is replaced as a whole: it is never seen half-written, whatever happens on the way.

    Args:
        filename: Path, or a file opened for reading and writing in binary.
        obj: What to save: anything with a ``serialize`` method.
        compression: Level of gzip, from 0 to 9; ``None`` stores arrays as they are.
    Raises:
        ImportError: h5py is not installed.
        TypeError: A value is no array, number, string or ``None``.
        OSError: The file cannot be written; one that was there before is as it was.
    """
    if isinstance(filename, str | os.PathLike):
        with replacing(filename) as unfinished, _h5py().File(unfinished, "w") as file:
            HDF5Serializer(file, compression).save(obj)
    else:
        with _h5py().File(filename, "w") as file:
            HDF5Serializer(file, compression).save(obj)


class HDF5Deserializer(serializer.Deserializer):
    """Deserializer that reads from a group of an HDF5 file.

    Args:
        group: ``h5py.Group`` to read from; ``None`` stands for a group that the file lacks.
        strict: Whether a name that the file lacks is an error. If not, its value stays.
        path: Name of ``group``, for messages and the journal.
        source: Name of the file, for messages.
        journal: Where to note the values that are replaced.
    Raises:
        KeyError: When called: the group lacks the name.
        ValueError: When called: the shapes differ.
        TypeError: When called: the dtype is of another kind.
    """

    def __init__(
        self,
        group: Any,
        strict: bool = True,
        *,
        path: str = "",
        source: str = "the HDF5 file",
        journal: Journal | None = None,
    ) -> None:
        self.group = group
        self.strict = strict
        self._h5py = _h5py()
        self._path = path
        self._source = source
        self._journal = journal

    def __getitem__(self, key: str) -> HDF5Deserializer:
        key = key.strip("/")
        group = None if self.group is None else self.group.get(key)
        if not isinstance(group, self._h5py.Group):
            group = None
        path = f"{self._path}{key}/"
        return HDF5Deserializer(group, self.strict, path=path, source=self._source, journal=self._journal)

    def __call__(self, key: str, value: Any) -> Any:
        key = key.lstrip("/")
        dataset = None if self.group is None else self.group.get(key)
        name = self._path + key
        if not isinstance(dataset, self._h5py.Dataset):
            if self.strict:
                siblings = () if self.group is None else (self._path + sibling for sibling in self.group)
                raise missing_key(name, siblings, self._source)
            return value
        stored = _read(self._h5py, dataset)
        if self._journal is not None:
            self._journal.record(name, value)
        return restore(stored, value, name, self._source)


def _read(h5py: Any, dataset: Any) -> numpy.ndarray[Any, Any]:
    if dataset.shape is None:
        return numpy.array(None)
    text = h5py.check_string_dtype(dataset.dtype)
    if text is not None and text.length is None:
        return numpy.asarray(dataset.asstr()[()]).astype(str)
    return numpy.asarray(dataset[()])


@contextlib.contextmanager
def _open_to_read(filename: FileLike) -> Iterator[Any]:
    try:
        file = _h5py().File(filename, "r")
    except OSError as error:
        if type(error) is not OSError:  # a missing file, for example, has an error class of its own
            raise
        raise ValueError(f"{name_of(filename)} is no HDF5 file, or is not complete: {error}") from error
    with file:
        yield file


def load_hdf5(filename: FileLike, obj: Serializable) -> None:
    """Loads an object from an HDF5 file.

    If that fails, ``obj`` is left as it was, within the limits that :func:`load_npz` tells.

    Args:
        filename: Path, or a file opened for reading in binary.
        obj: What to load into: anything with a ``serialize`` method.
    Raises:
        ImportError: h5py is not installed.
        KeyError: A value is not in the file.
        ValueError: A shape differs; the file is no HDF5 file, or is not complete.
        TypeError: A dtype is of another kind.
        OSError: The file cannot be read.
    """
    with _open_to_read(filename) as file, rolled_back_on_error(obj) as journal:
        HDF5Deserializer(file, source=name_of(filename), journal=journal).load(obj)
