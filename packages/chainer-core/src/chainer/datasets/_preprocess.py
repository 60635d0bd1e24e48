"""From bytes to what a classifier is fed with."""

from __future__ import annotations

from typing import Any

import numpy

from chainer._mixed16 import get_dtype
from chainer.datasets.tuple_dataset import TupleDataset
from chainer.types import DTypeSpec


def preprocess_images(
    x: numpy.ndarray,
    y: numpy.ndarray,
    image_shape: tuple[int, int, int],
    *,
    withlabel: bool,
    ndim: int,
    scale: float,
    dtype: DTypeSpec,
    label_dtype: DTypeSpec,
    rgb_format: bool = False,
    ndims: tuple[int, ...] = (1, 2, 3),
    white: float = 255.0,
    name: str = "MNIST",
) -> Any:
    """Brings images into the shape, range and dtype that the caller of a ``get_*`` function asked for.

    Args:
        x: Images as bytes, of any shape ``(B, ...)``.
        y: Their labels ``(B,)``.
        image_shape: Channels, height and width.
        withlabel: Return a :class:`TupleDataset` of images and labels, else the array of images.
        ndim: Axes of an image: 1 (flat), 2 (height, width) or 3 (channels, height, width).
        scale: Value of the brightest pixel.
        dtype: Of the images; ``None`` is ``chainer.config.dtype``.
        label_dtype: Of the labels.
        rgb_format: Repeat a single channel three times; has a meaning for ``ndim=3`` alone.
        ndims: What ``ndim`` may be.
        white: Byte of the brightest pixel.
        name: Data set, for messages.
    """
    if ndim not in ndims:
        raise ValueError(f"invalid ndim for {name} dataset: expected one of {', '.join(map(str, ndims))}, got {ndim}")
    channels, height, width = image_shape
    images: Any
    if ndim == 1:
        images = x.reshape(len(x), channels * height * width)
    elif ndim == 2:
        images = x.reshape(len(x), height, width)
    else:
        images = x.reshape(len(x), channels, height, width)
        if rgb_format:
            images = numpy.broadcast_to(images, (len(x), 3, height, width))
    images = images.astype(get_dtype(dtype, map_mixed16=numpy.float16))
    if scale != white:
        images *= scale / white
    if not withlabel:
        return images
    return TupleDataset(images, y.astype(label_dtype))
