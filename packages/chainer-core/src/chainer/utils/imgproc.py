"""Crops of images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from chainer.types import NdArray


def oversample(images: Sequence[NdArray], crop_dims: tuple[int, int]) -> NdArray:
    """Crops the four corners and the centre of images, and mirrors each.

    Args:
        images: Images of shape ``(C, H, W)``.
        crop_dims: Height and width of the crops.

    Returns:
        Shape ``(10 * len(images), C, *crop_dims)``: of each image the corners (top left, top right, bottom left, bottom
        right) and the centre, then the same mirrored.

    Raises:
        ValueError: An image is smaller than a crop.

    Example:
        >>> import numpy as np
        >>> from chainer.utils.imgproc import oversample
        >>> oversample([np.zeros((3, 8, 8), np.float32)], (4, 4)).shape
        (10, 3, 4, 4)
    """
    height, width = crop_dims
    crops = []
    for image in images:
        bottom, right = image.shape[1] - height, image.shape[2] - width
        if bottom < 0 or right < 0:
            raise ValueError(f"an image of shape {image.shape} is smaller than crops of {crop_dims}")
        corners = ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2))
        five = [image[:, y : y + height, x : x + width] for y, x in corners]
        crops += [*five, *[crop[:, :, ::-1] for crop in five]]
    return numpy.stack(crops)
