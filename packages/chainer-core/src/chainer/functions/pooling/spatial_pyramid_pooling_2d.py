"""Spatial pyramid pooling."""

from __future__ import annotations

import math

from chainer.functions.array.concat import concat
from chainer.functions.pooling.max_pooling_nd import max_pooling_nd
from chainer.types import VariableLike
from chainer.utils.conv_nd import check_ndim
from chainer.variable import Variable


def spatial_pyramid_pooling_2d(x: VariableLike, pyramid_height: int, pooling: str | None = None) -> Variable:
    """Max pooling on finer and finer grids, into a vector whose length does not depend on the size of the image.

    Level ``l`` of the pyramid, counted from 0, divides the image into ``2**l * 2**l`` bins and takes the maximum of
    each.

    Args:
        x: Images of a float dtype. Shape ``(B, C, H, W)``.
        pyramid_height: Number of levels.
        pooling: ``"max"``, the only one there is; it has to be given.

    Returns:
        Variable of the dtype of ``x``. Shape ``(B, C * (4**pyramid_height - 1) / 3, 1, 1)``, unless a level has more
        bins than the image has pixels along an axis.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.
        ValueError: ``pooling`` is another value, or ``x`` has another number of axes.

    References:
        He, Zhang, Ren and Sun, *Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition*,
        ECCV 2014, arXiv:1406.4729.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.spatial_pyramid_pooling_2d(np.ones((1, 2, 9, 7), np.float32), 3, pooling="max").shape
        (1, 42, 1, 1)
    """
    if pooling != "max":
        raise ValueError(f'pooling must be "max", got {pooling!r}')
    check_ndim(x, 2)
    size = x.shape[2:]
    levels = []
    for level in range(pyramid_height):
        n_bins = 2**level
        ksize = [-(-n // n_bins) for n in size]
        # Bins that do not divide the image reach beyond both of its sides alike.
        pad = [(k * n_bins - n) // 2 for k, n in zip(ksize, size)]
        y = max_pooling_nd(x, ksize, None, pad)
        levels.append(y.reshape(len(x), math.prod(y.shape[1:]), 1, 1))
    return concat(levels)
