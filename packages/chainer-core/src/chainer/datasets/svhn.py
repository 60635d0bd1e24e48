"""SVHN, house numbers on photographs."""

from __future__ import annotations

import os
from typing import Any

import numpy

from chainer.dataset import download
from chainer.datasets._mnist_family import load_arrays
from chainer.datasets._preprocess import preprocess_images
from chainer.types import DTypeSpec

_URL = "http://ufldl.stanford.edu/housenumbers/"


def get_svhn(
    withlabel: bool = True,
    scale: float = 1.0,
    dtype: DTypeSpec = None,
    label_dtype: DTypeSpec = numpy.int32,
    add_extra: bool = False,
) -> tuple[Any, ...]:
    """SVHN: digits cut out of photographs of house numbers, 32x32 RGB pixels, 10 classes.

    The files are downloaded on first use and kept under :func:`chainer.dataset.get_dataset_root`.

    Args:
        withlabel: Give datasets of pairs (image, label), else arrays of images ``(B, 3, 32, 32)``.
        scale: Values are in ``[0, scale]``.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels; the digit 0 has label 0.
        add_extra: Also give the extra training set, 531,131 images of easier cases.

    Returns:
        Training set (73,257 images), test set (26,032 images) and, if asked for, the extra set.

    Raises:
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.

    References:
        Netzer et al., *Reading digits in natural images with unsupervised feature learning*, 2011.
    """
    parts = ("train", "test", "extra") if add_extra else ("train", "test")
    return tuple([_preprocess(_retrieve(part), withlabel, scale, dtype, label_dtype) for part in parts])


def _preprocess(
    raw: dict[str, numpy.ndarray], withlabel: bool, scale: float, dtype: DTypeSpec, label_dtype: DTypeSpec
) -> Any:
    x = raw["x"].transpose(3, 2, 0, 1)  # from (32, 32, 3, B)
    y = raw["y"].reshape(-1)
    return preprocess_images(
        x,
        numpy.where(y == 10, 0, y),  # the files write 10 for the digit 0
        (3, 32, 32),
        withlabel=withlabel,
        ndim=3,
        scale=scale,
        dtype=dtype,
        label_dtype=label_dtype,
        name="SVHN",
    )


def _retrieve(part: str) -> dict[str, numpy.ndarray]:
    path = os.path.join(download.get_dataset_directory("pfnet/chainer/svhn"), f"{part}.npz")
    return download.cache_or_load_file(path, lambda path: _create(path, part), load_arrays)


def _create(path: str, part: str) -> dict[str, numpy.ndarray]:
    from scipy import io  # takes a tenth of a second to import

    matlab = download.cached_download(f"{_URL}{part}_32x32.mat")
    try:
        content = io.loadmat(matlab, variable_names=("X", "y"))
        x, y = content["X"], content["y"]
    except Exception as error:
        # scipy raises all kinds of things on a damaged file.
        raise ValueError(f"{matlab} is no MATLAB file with X and y: {error}") from error
    if x.shape[:3] != (32, 32, 3) or x.dtype != numpy.uint8 or y.size != x.shape[-1]:
        raise ValueError(f"{matlab}: expected bytes X (32, 32, 3, B) and y (B, 1), got {x.shape} and {y.shape}")
    arrays = {"x": x, "y": y}
    numpy.savez_compressed(path, **arrays)
    return arrays
