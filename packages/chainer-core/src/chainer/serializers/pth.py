"""Reading the weights that PyTorch saves in ``.pth`` files, without PyTorch and without running what is in them.

Such a file is a zip archive with a pickle, ``data.pkl``, and one member of raw bytes for each storage, ``data/KEY``.
"""

from __future__ import annotations

import math
import pickle
import zipfile
import zlib
from collections import OrderedDict
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy

from chainer.serializers._values import FileLike, name_of

_DTYPES = {
    "Bool": "?", "Byte": "u1", "Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8", "Half": "f2", "BFloat16": "u2",
    "Float": "f4", "Double": "f8", "ComplexFloat": "c8", "ComplexDouble": "c16",
}  # fmt: skip
_ELEMENT_TYPES = {f"{kind}{suffix}": kind for kind in _DTYPES for suffix in ("Storage", "Tensor")}

_DAMAGE = (AttributeError, EOFError, LookupError, OverflowError, RecursionError, TypeError, ValueError, zlib.error)
"""What reading a damaged file may raise."""


class _Storage(NamedTuple):
    key: str
    kind: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Understands the names that weights need. Arrays are made only after it is done, from what it noted of them."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._rebuild_tensor
        if module == "torch" and name in _ELEMENT_TYPES:
            return _ELEMENT_TYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not on the list of what weights need")

    def persistent_load(self, pid: Any) -> _Storage:
        tag, kind, key, _location, _numel = pid
        if tag != "storage" or kind not in _DTYPES:
            raise pickle.UnpicklingError(f"it has a storage of type {kind!r}")
        return _Storage(str(key), kind)

    # Handed out as a bound method: of a plain function, a pickle could replace the defaults.
    def _rebuild_tensor(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
    ) -> _Tensor:
        return _Tensor(_Storage(*storage), int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


class _Archive:
    """The zip file: hands out its members, and each storage once, as a flat array."""

    def __init__(self, file: FileLike) -> None:
        self._zip = zipfile.ZipFile(file)
        # All members are in one folder whose name is free.
        pickles = [PurePosixPath(name) for name in self._zip.namelist() if PurePosixPath(name).name == "data.pkl"]
        if len(pickles) != 1:
            raise ValueError("it is a zip archive without data.pkl")
        self._root = pickles[0].parent
        self._storages: dict[_Storage, numpy.ndarray[Any, Any]] = {}
        names = self._zip.namelist()
        byteorder = self.read("byteorder").decode() if str(self._root / "byteorder") in names else "little"
        self._is_big_endian = {"little": False, "big": True}[byteorder]

    def read(self, name: str) -> bytes:
        return self._zip.read(str(self._root / name))

    def open_pickle(self) -> Any:
        return self._zip.open(str(self._root / "data.pkl"))

    def array(self, tensor: _Tensor) -> numpy.ndarray[Any, Any]:
        flat = self._storage(tensor.storage)
        offset, shape, strides = tensor.offset, tensor.shape, tensor.strides
        if len(shape) != len(strides) or min((offset, *shape, *strides)) < 0:
            raise ValueError(f"a tensor has offset {offset}, shape {shape} and strides {strides}")
        if math.prod(shape) == 0:
            return numpy.empty(shape, flat.dtype)
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides))
        if last >= flat.size:
            raise ValueError(f"a tensor of shape {shape} reaches beyond its storage of {flat.size} elements")
        steps = tuple(stride * flat.itemsize for stride in strides)
        return numpy.lib.stride_tricks.as_strided(flat[offset:], shape, steps).copy()

    def _storage(self, storage: _Storage) -> numpy.ndarray[Any, Any]:
        if storage not in self._storages:
            dtype = numpy.dtype(_DTYPES[storage.kind])
            stored = dtype.newbyteorder(">" if self._is_big_endian else "<")
            flat = numpy.frombuffer(self.read(f"data/{storage.key}"), stored).astype(dtype, copy=False)
            if storage.kind == "BFloat16":  # the upper half of float32, which NumPy does have
                flat = (flat.astype("u4") << 16).view("f4")
            self._storages[storage] = flat
        return self._storages[storage]


def _with_arrays(obj: Any, archive: _Archive) -> Any:
    if isinstance(obj, _Tensor):
        return archive.array(obj)
    if isinstance(obj, dict):
        return {key: _with_arrays(value, archive) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return type(obj)(_with_arrays(value, archive) for value in obj)
    return obj


def load_pth(file: FileLike) -> Any:
    """Reads the weights that ``torch.save(model.state_dict(), file)`` wrote, as NumPy arrays.

    Nothing that is in the file is run, and PyTorch is not needed. Arrays are on the CPU, wherever the tensors were, and
    writable. bfloat16 is read as float32.

    Args:
        file: Path, or a file opened for reading in binary. Written by PyTorch 1.6 or later.
    Returns:
        What was saved, a dictionary of arrays by name mostly; dictionaries, lists, numbers and strings may be nested in
        each other.
    Raises:
        ValueError: The file is no such file, is not complete, or needs a name that is not on the list of what weights
            need, as a pickled model does. The message tells the name.
        OSError: The file cannot be read.
    """
    filename = name_of(file)
    try:
        archive = _Archive(file)
        with archive.open_pickle() as stream:
            content = _Unpickler(stream, encoding="utf-8").load()
        return _with_arrays(content, archive)
    except pickle.UnpicklingError as error:
        raise ValueError(f"refused to load {filename}: {error}; save model.state_dict() instead") from error
    except zipfile.BadZipFile as error:
        raise ValueError(f"{filename} is no .pth file of PyTorch 1.6 or later, or is not complete: {error}") from error
    except (
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise ValueError(f"{filename} is no sound .pth file: {error}") from error
