"""Fashion-MNIST, pictures of clothes."""

from __future__ import annotations

from typing import Any

import numpy

from chainer.datasets._mnist_family import MnistFamily
from chainer.types import DTypeSpec

_FAMILY = MnistFamily(
    "pfnet/chainer/fashion-mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", "Fashion-MNIST"
)


def get_fashion_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: DTypeSpec = None,
    label_dtype: DTypeSpec = numpy.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """Fashion-MNIST: 70,000 pictures of clothes of 28x28 gray pixels, 10 classes.

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
        Xiao et al., *Fashion-MNIST: a novel image dataset for benchmarking*, arXiv:1708.07747.
    """
    return _FAMILY.load(
        withlabel=withlabel, ndim=ndim, scale=scale, dtype=dtype, label_dtype=label_dtype, rgb_format=rgb_format
    )


def get_fashion_mnist_labels() -> list[str]:
    """Names of the ten classes of Fashion-MNIST, in the order of the labels."""
    return [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]
