"""IDX, the file format of MNIST and of those that took its place."""

from __future__ import annotations

import gzip
import math
import struct
import zlib

import numpy

_UINT8 = 0x08
_MAX_ELEMENTS = 1 << 28  # ten times what the largest of these data sets holds


def read_idx_gz(path: str, ndim: int) -> numpy.ndarray:
    """Reads a gzipped IDX file of bytes.

    Args:
        path: The file.
        ndim: Number of axes that it must have.

    Raises:
        ValueError: It is something else, is larger than any data set of this kind, or its end is missing.
    """
    try:
        with gzip.open(path, "rb") as file:
            zero, kind, axes = struct.unpack(">HBB", _read(file, 4))
            if zero != 0 or kind != _UINT8 or axes != ndim:
                raise ValueError(f"{path} is no IDX file of bytes with {ndim} axes")
            shape = struct.unpack(f">{ndim}I", _read(file, 4 * ndim))
            size = math.prod(shape)
            if size > _MAX_ELEMENTS:
                raise ValueError(f"{path} announces {size} elements, more than the {_MAX_ELEMENTS} that are read")
            content = _read(file, size)
            if file.read(1):  # this looks at the checksum, too
                raise ValueError(f"{path} holds more than it announces")
            return numpy.frombuffer(content, numpy.uint8).reshape(shape)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"{path} is no gzipped IDX file, or its end is missing: {error}") from error


def _read(file: gzip.GzipFile, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise EOFError(f"it ends {size - len(content)} bytes too early")
    return content
