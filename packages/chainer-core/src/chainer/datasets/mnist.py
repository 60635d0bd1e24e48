"""MNIST, handwritten digits."""

from __future__ import annotations

from typing import Any

import numpy

from chainer.datasets._mnist_family import MnistFamily
from chainer.types import DTypeSpec

_FAMILY = MnistFamily("pfnet/chainer/mnist", "http://yann.lecun.com/exdb/mnist/", "MNIST")


def get_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: DTypeSpec = None,
    label_dtype: DTypeSpec = numpy.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """MNIST: 70,000 handwritten digits of 28x28 gray pixels, 10 classes.

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
        LeCun et al., *Gradient-based learning applied to document recognition*, Proceedings of the IEEE 1998.
    """
    return _FAMILY.load(
        withlabel=withlabel, ndim=ndim, scale=scale, dtype=dtype, label_dtype=label_dtype, rgb_format=rgb_format
    )
