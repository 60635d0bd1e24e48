"""Datasets of images: in folders or inside zip files, with labels or without."""

from __future__ import annotations

import bisect
import io
import os
import threading
import zipfile
from collections.abc import Sequence
from typing import IO, Any

import numpy

from chainer._mixed16 import get_dtype
from chainer.dataset.dataset_mixin import DatasetMixin
from chainer.types import DTypeSpec

# Raster formats that Pillow decodes itself. Others run programs (EPS) or are rare enough to be an attack.
_FORMATS = ("BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP")


class ImageDataset(DatasetMixin):
    """Dataset of images in files, as arrays of shape ``(channels, height, width)``.

    An image has as many channels as its file: 3 for RGB, 4 with transparency, 1 for gray and palette images.
    Values are those of the file, mostly 0 to 255.

    Args:
        paths: Names of the image files; or a text file that holds one name a line.
        root: Folder in which they lie.
        dtype: Of the arrays; ``None`` is ``chainer.config.dtype``.
    """

    def __init__(self, paths: str | Sequence[str], root: str = ".", dtype: DTypeSpec = None) -> None:
        if isinstance(paths, str | os.PathLike):
            with open(paths) as file:
                paths = [line.strip() for line in file]
        self._paths = paths
        self._root = root
        self._dtype = _image_dtype(dtype)

    def __len__(self) -> int:
        return len(self._paths)

    def get_example(self, i: int) -> numpy.ndarray:
        return _read_image(os.path.join(self._root, self._paths[i]), self._dtype)


class LabeledImageDataset(DatasetMixin):
    """Dataset of images in files and labels: pairs of an array ``(channels, height, width)`` and a label.

    Args:
        pairs: Pairs of a file name and a label; or a text file with a name, a space and an integer a line.
        root: Folder in which the image files lie.
        dtype: Of the arrays; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels.

    Raises:
        ValueError: A line of the text file is not a pair.
    """

    def __init__(
        self,
        pairs: str | Sequence[tuple[str, Any]],
        root: str = ".",
        dtype: DTypeSpec = None,
        label_dtype: DTypeSpec = numpy.int32,
    ) -> None:
        self._pairs = _read_pairs(pairs) if isinstance(pairs, str | os.PathLike) else pairs
        self._root = root
        self._dtype = _image_dtype(dtype)
        self._label_dtype = label_dtype

    def __len__(self) -> int:
        return len(self._pairs)

    def get_example(self, i: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        path, label = self._pairs[i]
        image = _read_image(os.path.join(self._root, path), self._dtype)
        return image, numpy.array(label, dtype=self._label_dtype)


class ZippedImageDataset(DatasetMixin):
    """Dataset of the images in a zip file, which is never unpacked.

    An index may also be the name of a member. May be used by threads and by forked processes.

    Args:
        zipfilename: The zip file.
        dtype: Of the arrays; ``None`` is ``chainer.config.dtype``.
    """

    def __init__(self, zipfilename: str, dtype: DTypeSpec = None) -> None:
        self._zipfilename = zipfilename
        self._dtype = _image_dtype(dtype)
        self._open()
        self._paths = [name for name in self._zip.namelist() if not name.endswith("/")]

    def _open(self) -> None:
        self._zip = zipfile.ZipFile(self._zipfilename)
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_zip"], state["_lock"], state["_pid"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state
        self._open()

    def __len__(self) -> int:
        return len(self._paths)

    def get_example(self, i_or_filename: int | str) -> numpy.ndarray:
        name = i_or_filename if isinstance(i_or_filename, str) else self._paths[i_or_filename]
        if self._pid != os.getpid():
            self._open()  # a forked process would move the position of its parent's file
        with self._lock:
            content = self._zip.read(name)
        return _read_image(io.BytesIO(content), self._dtype, f"{self._zipfilename}:{name}")


class MultiZippedImageDataset(DatasetMixin):
    """Dataset of the images in several zip files, one after the other.

    Args:
        zipfilenames: The zip files.
        dtype: Of the arrays; ``None`` is ``chainer.config.dtype``.
    """

    def __init__(self, zipfilenames: Sequence[str], dtype: DTypeSpec = None) -> None:
        self._datasets = [ZippedImageDataset(name, dtype) for name in zipfilenames]
        self._ends = numpy.cumsum([len(dataset) for dataset in self._datasets], dtype=int).tolist()

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def get_example(self, i: int) -> numpy.ndarray:
        if not 0 <= i < len(self):
            raise IndexError(f"index {i} is out of range for {len(self)} images")
        k = bisect.bisect_right(self._ends, i)
        return self._datasets[k].get_example(i - (self._ends[k - 1] if k else 0))


class LabeledZippedImageDataset(DatasetMixin):
    """Dataset of images in a zip file with labels in a text file.

    Args:
        zipfilename: The zip file.
        labelfilename: Text file with the name of a member, a space and an integer a line.
        dtype: Of the arrays; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels.

    Raises:
        ValueError: A line of the text file is not a pair.
    """

    def __init__(
        self, zipfilename: str, labelfilename: str, dtype: DTypeSpec = None, label_dtype: DTypeSpec = numpy.int32
    ) -> None:
        self._pairs = _read_pairs(labelfilename)
        self._label_dtype = label_dtype
        self._zipfile = ZippedImageDataset(zipfilename, dtype)

    def __len__(self) -> int:
        return len(self._pairs)

    def get_example(self, i: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        name, label = self._pairs[i]
        return self._zipfile.get_example(name), numpy.array(label, dtype=self._label_dtype)


def _image_dtype(dtype: DTypeSpec) -> Any:
    return get_dtype(dtype, map_mixed16=numpy.float16)


def _read_image(source: str | IO[bytes], dtype: DTypeSpec, name: str | None = None) -> numpy.ndarray:
    from PIL import Image  # here, since it takes longer to import than all datasets together

    try:
        with Image.open(source, formats=_FORMATS) as image:
            array = numpy.asarray(image, dtype=dtype)
    except OSError as error:
        # Pillow does not always say which file it was; FileNotFoundError does.
        error.add_note(f"while reading the image {name or source}")
        raise
    return array[numpy.newaxis] if array.ndim == 2 else array.transpose(2, 0, 1)


def _read_pairs(path: str | os.PathLike[str]) -> list[tuple[str, int]]:
    pairs = []
    with open(path) as file:
        for i, line in enumerate(file):
            parts = line.split()
            if len(parts) != 2:
                raise ValueError(f"invalid format at line {i} in file {path}: expected a file name and a label")
            pairs.append((parts[0], int(parts[1])))
    return pairs
