"""Snapshots as safetensors files, for exchange with other frameworks. Needs the extra ``safetensors``.

The format knows numeric tensors alone. What else a snapshot has, ``None`` and text, is kept as JSON in the entry
``chainer`` of the file's metadata: ``{"none": [name, ...], "text": {name: text, ...}}``.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from chainer.serializer import Serializable
from chainer.serializers._rollback import rolled_back_on_error
from chainer.serializers._values import FileLike, is_none, name_of
from chainer.serializers.npz import IgnoreNames, NpzDeserializer, serialize
from chainer.utils.atomic_file import replacing
from chainer.utils.optional_dependency import require

_METADATA_KEY = "chainer"

_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip


def _safetensors(module: str = "safetensors") -> Any:
    return require(module, "safetensors", "reading and writing safetensors files")


def save_safetensors(file: FileLike, obj: Serializable) -> None:
    """Saves an object to a safetensors file, under the names that :func:`save_npz` uses.

    A file given by its path is replaced as a whole: it is never seen half-written, whatever happens on the way.

    Args:
        file: Path, or a file opened for writing in binary.
        obj: What to save: anything with a ``serialize`` method.
    Raises:
        ImportError: safetensors is not installed.
        TypeError: The format cannot hold a value: complex128, ``bytes`` and arrays of strings.
        OSError: The file cannot be written; one that was there before is as it was.

    Example:
        >>> import io
        >>> import chainer.links as L
        >>> from chainer.serializers import load_safetensors, save_safetensors
        >>> file = io.BytesIO()
        >>> save_safetensors(file, L.Linear(3, 2))
        >>> _ = file.seek(0)
        >>> load_safetensors(file, L.Linear(3, 2))
    """
    tensors: dict[str, numpy.ndarray[Any, Any]] = {}
    none: list[str] = []
    text: dict[str, str] = {}
    for name, array in serialize(obj).items():
        if is_none(array):
            none.append(name)
        elif array.dtype.kind == "U" and array.shape == ():
            text[name] = array.item()
        elif array.dtype.newbyteorder("<") in _DTYPES.values():
            tensors[name] = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        else:
            raise TypeError(f"cannot save {name!r}: a safetensors file holds no {array.dtype}")
    metadata = {_METADATA_KEY: json.dumps({"none": none, "text": text})} if none or text else None
    numpy_face = _safetensors("safetensors.numpy")
    if isinstance(file, str | os.PathLike):
        with replacing(file) as unfinished:
            numpy_face.save_file(tensors, unfinished, metadata)
    else:
        file.write(numpy_face.save(tensors, metadata))


class _Tensors(dict[str, numpy.ndarray[Any, Any]]):
    """The content of a file, which knows the name of it."""

    filename: str


def _read(file: FileLike) -> _Tensors:
    filename = name_of(file)
    data = Path(file).read_bytes() if isinstance(file, str | os.PathLike) else file.read()
    library = _safetensors()
    try:
        entries = library.deserialize(data)
    except library.SafetensorError as error:
        raise ValueError(f"{filename} is no safetensors file, or is not complete: {error}") from error
    tensors = _Tensors((name, _to_array(entry, name, filename)) for name, entry in entries)
    tensors.filename = filename
    ours = _metadata(data)
    tensors.update((name, numpy.array(None)) for name in ours.get("none", ()))
    tensors.update((name, numpy.array(text)) for name, text in ours.get("text", {}).items())
    return tensors


def _to_array(entry: Mapping[str, Any], name: str, filename: str) -> numpy.ndarray[Any, Any]:
    dtype, shape = entry["dtype"], entry["shape"]
    if dtype == "BF16":
        # bfloat16 is the upper half of float32, which NumPy does have.
        halves = numpy.frombuffer(entry["data"], "<u2", math.prod(shape))
        return (halves.astype("<u4") << 16).view("<f4").reshape(shape)
    if dtype not in _DTYPES:
        raise ValueError(f"{name!r} of {filename} is of type {dtype}, which NumPy does not have")
    return numpy.frombuffer(entry["data"], _DTYPES[dtype], math.prod(shape)).reshape(shape)


def _metadata(data: bytes) -> dict[str, Any]:
    # Eight bytes hold the length of a JSON header; the library has found it sound, but hands out the tensors only.
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return json.loads(header.get("__metadata__", {}).get(_METADATA_KEY, "{}"))


def load_safetensors(
    file: FileLike, obj: Serializable, path: str = "", strict: bool = True, ignore_names: IgnoreNames = None
) -> None:
    """Loads an object from a safetensors file, which may come from another framework. bfloat16 is read as float32.

    If that fails, ``obj`` is left as it was, within the limits that :func:`load_npz` tells.

    Args:
        file: Path, or a file opened for reading in binary.
        obj: What to load into: anything with a ``serialize`` method.
        path: Where ``obj`` is within the file: what the keys begin with.
        strict: Whether a value that is not in the file is an error. If not, it stays.
        ignore_names: Full names of values that stay as they are: a string, a function from a name to ``bool``, or a
            list of these.
    Raises:
        ImportError: safetensors is not installed.
        KeyError: A value is not in the file.
        ValueError: A shape differs; the file is no safetensors file, is not complete, or has types unknown to NumPy.
        TypeError: A dtype is of another kind.
        OSError: The file cannot be read.
    """
    tensors = _read(file)
    with rolled_back_on_error(obj, path) as journal:
        NpzDeserializer(tensors, path, strict, ignore_names, journal=journal).load(obj)
