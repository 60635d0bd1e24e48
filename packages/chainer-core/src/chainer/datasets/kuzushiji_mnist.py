"""Kuzushiji-MNIST, cursive Japanese characters."""

from __future__ import annotations

from typing import Any

import numpy

from chainer.datasets._mnist_family import MnistFamily
from chainer.types import DTypeSpec

_FAMILY = MnistFamily(
    "pfnet/chainer/kuzushiji_mnist", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/", "Kuzushiji-MNIST"
)


def get_kuzushiji_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: DTypeSpec = None,
    label_dtype: DTypeSpec = numpy.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """Kuzushiji-MNIST: 70,000 cursive Japanese characters of 28x28 gray pixels, 10 classes.

    The files are downloaded on first use and kept under :func:`chainer.dataset.get_dataset_root`.

    Args:
        withlabel: Give datasets of pairs (image, label), else arrays of images.
        ndim: Axes of an image: 1 (784 pixels), 2 (28, 28) or 3 (channels, 28, 28).
        scale: Pixels are in ``[0, scale]``.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels.
        rgb_format: With ``ndim=3``, give the same image in three channels instead of one.

    Returns:
        Training set (60,000 images) and test set (10,000 images).

    Raises:
        ValueError: ``ndim`` is not 1, 2 or 3.
        chainer.dataset.download.DownloadError: The files are not here and cannot be downloaded.

    References:
        Clanuwat et al., *Deep learning for classical Japanese literature*, arXiv:1812.01718.
    """
    return _FAMILY.load(
        withlabel=withlabel, ndim=ndim, scale=scale, dtype=dtype, label_dtype=label_dtype, rgb_format=rgb_format
    )


def get_kuzushiji_mnist_labels() -> list[tuple[str, str]]:
    """The ten classes of Kuzushiji-MNIST, in the order of the labels: reading and modern character."""
    return [
        ("o", "お"),
        ("ki", "き"),
        ("su", "す"),
        ("tsu", "つ"),
        ("na", "な"),
        ("ha", "は"),
        ("ma", "ま"),
        ("ya", "や"),
        ("re", "れ"),
        ("wo", "を"),
    ]
