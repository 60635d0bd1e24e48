"""Reading ``.npz`` files without running what is in them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy

from chainer.serializers._legacy_none import MAX_BYTES, is_pickled_none
from chainer.serializers._values import FileLike, name_of


class NpzArchive(Mapping[str, numpy.ndarray[Any, Any]]):
    """The arrays of a ``.npz`` file by name, read when asked for. A context manager that closes the file.

    Args:
        file: The file.
        allow_pickle: Also read pickled objects other than ``None``, which may run any code.
    Raises:
        ValueError: The file is not a complete zip archive; when an array is read, it is damaged or pickled.
    """

    def __init__(self, file: FileLike, allow_pickle: bool = False) -> None:
        self.filename = name_of(file)
        self._allow_pickle = allow_pickle
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise ValueError(f"{self.filename} is no npz file, or is not complete: {error}") from error
        self._members = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}

    def __enter__(self) -> NpzArchive:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._zip.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def __getitem__(self, key: str) -> numpy.ndarray[Any, Any]:
        info = self._members[key]
        try:
            if info.file_size <= MAX_BYTES and is_pickled_none(self._zip.read(info)):
                return numpy.array(None)
            with self._zip.open(info) as member:
                array = numpy.lib.format.read_array(member, allow_pickle=self._allow_pickle)
                # Reading to the end makes zipfile compare the checksum.
                if member.read(1):
                    raise ValueError("data left over")
                return array
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
            if "allow_pickle" in str(error):
                raise ValueError(
                    f"{key!r} of {self.filename} holds pickled objects, which may run any code; "
                    "pass allow_pickle=True if you trust the file"
                ) from error
            raise ValueError(f"{key!r} of {self.filename} is damaged: {error}") from error
