"""CIFAR-10 and CIFAR-100, small colour images."""

from __future__ import annotations

import os
import tarfile
from typing import Any

import numpy

from chainer.dataset import download
from chainer.datasets._mnist_family import load_arrays
from chainer.datasets._preprocess import preprocess_images
from chainer.types import DTypeSpec

_URL = "https://www.cs.toronto.edu/~kriz/"
_N_PIXELS = 3 * 32 * 32
_MAX_MEMBER = 1 << 28  # bytes; the largest real one has 154 million


def get_cifar10(withlabel: bool = True, ndim: int = 3, scale: float = 1.0, dtype: DTypeSpec = None) -> tuple[Any, Any]:
    """CIFAR-10: 60,000 photographs of 32x32 RGB pixels, 10 classes.

    The files are downloaded on first use and kept under :func:`chainer.dataset.get_dataset_root`.

    Args:
        withlabel: Give datasets of pairs (image, label), else arrays of images. Labels are int32.
        ndim: Axes of an image: 1 (3072 values) or 3 (3, 32, 32).
        scale: Values are in ``[0, scale]``.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.

    Returns:
        Training set (50,000 images) and test set (10,000 images).

    Raises:
        ValueError: ``ndim`` is not 1 or 3.
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.

    References:
        Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    train = [f"data_batch_{i}.bin" for i in range(1, 6)]
    return _get_cifar("cifar-10", train, "test_batch.bin", 1, withlabel, ndim, scale, dtype)


def get_cifar100(withlabel: bool = True, ndim: int = 3, scale: float = 1.0, dtype: DTypeSpec = None) -> tuple[Any, Any]:
    """CIFAR-100: 60,000 photographs of 32x32 RGB pixels, 100 ("fine") classes.

    The files are downloaded on first use and kept under :func:`chainer.dataset.get_dataset_root`.

    Args:
        withlabel: Give datasets of pairs (image, label), else arrays of images. Labels are int32.
        ndim: Axes of an image: 1 (3072 values) or 3 (3, 32, 32).
        scale: Values are in ``[0, scale]``.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.

    Returns:
        Training set (50,000 images) and test set (10,000 images).

    Raises:
        ValueError: ``ndim`` is not 1 or 3.
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.

    References:
        Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    return _get_cifar("cifar-100", ["train.bin"], "test.bin", 2, withlabel, ndim, scale, dtype)


def _get_cifar(
    name: str,
    train_members: list[str],
    test_member: str,
    n_labels: int,
    withlabel: bool,
    ndim: int,
    scale: float,
    dtype: DTypeSpec,
) -> tuple[Any, Any]:
    def create(path: str) -> dict[str, numpy.ndarray]:
        archive = download.cached_download(f"{_URL}{name}-binary.tar.gz")
        contents = _read_members(archive, [*train_members, test_member])
        train_x, train_y = _parse(b"".join(contents[:-1]), n_labels, archive)
        test_x, test_y = _parse(contents[-1], n_labels, archive)
        arrays = {"train_x": train_x, "train_y": train_y, "test_x": test_x, "test_y": test_y}
        numpy.savez_compressed(path, **arrays)  # type: ignore[arg-type]
        return arrays

    path = os.path.join(download.get_dataset_directory("pfnet/chainer/cifar"), f"{name}.npz")
    raw = download.cache_or_load_file(path, create, load_arrays)
    train, test = [
        preprocess_images(
            raw[f"{part}_x"],
            raw[f"{part}_y"],
            (3, 32, 32),
            withlabel=withlabel,
            ndim=ndim,
            scale=scale,
            dtype=dtype,
            label_dtype=numpy.int32,
            ndims=(1, 3),
            name="CIFAR",
        )
        for part in ("train", "test")
    ]
    return train, test


def _read_members(archive: str, names: list[str]) -> list[bytes]:
    # Members are read into memory by name, so nothing an archive says about paths reaches the disk. The
    # binary edition is used because the other one holds pickles.
    contents = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = os.path.basename(member.name)
                if name in names and member.isfile():
                    if member.size > _MAX_MEMBER:
                        raise ValueError(f"{archive}: {member.name} is larger than {_MAX_MEMBER} bytes")
                    file = tar.extractfile(member)
                    assert file is not None
                    contents[name] = file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{archive} is no gzipped tar archive, or its end is missing: {error}") from error
    missing = [name for name in names if name not in contents]
    if missing:
        raise ValueError(f"{archive} does not hold {', '.join(missing)}")
    return [contents[name] for name in names]


def _parse(content: bytes, n_labels: int, archive: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    size = n_labels + _N_PIXELS
    if len(content) % size:
        raise ValueError(f"{archive}: {len(content)} bytes are no whole number of records of {size} bytes")
    records = numpy.frombuffer(content, numpy.uint8).reshape(-1, size)
    # Of the two labels in CIFAR-100, coarse and fine, the last one counts.
    return numpy.ascontiguousarray(records[:, n_labels:]), records[:, n_labels - 1].copy()
