"""The UCI digits: a real data set, small enough to come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy

from chainer.datasets._mnist_family import load_arrays
from chainer.datasets._preprocess import preprocess_images
from chainer.types import DTypeSpec

_PATH = Path(__file__).with_name("_data") / "digits.npz"


def get_digits(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: DTypeSpec = None,
    label_dtype: DTypeSpec = numpy.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """The UCI handwritten digits: 1,797 scans of 8x8 gray pixels, 10 classes. Nothing is downloaded.

    Thirteen people wrote the digits; a pixel counts the black ones of a block of 4x4 in the scan. The division
    is fixed: the test set holds 36 images of every digit, evenly spaced in the order of the original file.

    Args:
        withlabel: Give datasets of pairs (image, label), else arrays of images.
        ndim: Axes of an image: 1 (64 pixels), 2 (8, 8) or 3 (channels, 8, 8).
        scale: Pixels are in ``[0, scale]``; 16 gives the numbers of the file.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels.
        rgb_format: With ``ndim=3``, give the same image in three channels instead of one.

    Returns:
        Training set (1,437 images) and test set (360 images).

    Raises:
        ValueError: ``ndim`` is not 1, 2 or 3.

    References:
        E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998,
        https://doi.org/10.24432/C50P49, licensed under CC BY 4.0.

    Example:
        >>> import chainer
        >>> train, test = chainer.datasets.get_digits(ndim=2, scale=16)
        >>> len(train), len(test)
        (1437, 360)
        >>> image, label = train[1]
        >>> image[3].astype(int), label
        (array([ 0,  1, 10, 16, 16, 12,  0,  0]), np.int32(1))
    """
    raw = load_arrays(str(_PATH))
    train, test = [
        preprocess_images(
            raw[f"{part}_x"],
            raw[f"{part}_y"],
            (1, 8, 8),
            withlabel=withlabel,
            ndim=ndim,
            scale=scale,
            dtype=dtype,
            label_dtype=label_dtype,
            rgb_format=rgb_format,
            white=16.0,
            name="digits",
        )
        for part in ("train", "test")
    ]
    return train, test
