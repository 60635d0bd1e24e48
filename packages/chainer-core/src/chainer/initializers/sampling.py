"""Filters that make a convolution resample its input linearly."""

from __future__ import annotations

import functools
from typing import Any

import numpy

from chainer import backend
from chainer.initializer import Initializer
from chainer.types import DTypeSpec, NdArray


def _linear_filter(array: NdArray) -> Any:
    """The tent over all spatial axes, with peak height as in linear interpolation."""
    ksize = set(array.shape[2:])
    if len(ksize) != 1:
        raise ValueError(f"ksize must be all same: {' != '.join(map(str, array.shape[2:]))}")
    (k,) = ksize
    factor = (k + 1) // 2
    center = factor - 1 if k % 2 == 1 else factor - 0.5
    tent = 1 - numpy.abs(numpy.arange(k) - center) / factor
    return functools.reduce(numpy.multiply.outer, [tent] * (array.ndim - 2))


class _ResamplingFilter(Initializer):
    """Writes one filter from each channel to itself; a single channel on either side meets all of the other."""

    def __init__(self, interpolation: str = "linear", dtype: DTypeSpec = None) -> None:
        if interpolation != "linear":
            raise ValueError(f"Unsupported interpolation method: {interpolation}")
        self.interpolation = interpolation
        super().__init__(dtype)

    def _filter(self, array: NdArray) -> Any:
        return _linear_filter(array)

    def __call__(self, array: NdArray) -> None:
        if array.ndim < 3:
            raise ValueError(f"the array must be a filter with spatial axes, got shape {array.shape}")
        a, b = array.shape[:2]
        if a != b and b != 1:
            raise ValueError(
                f"the filter maps channels to themselves, "
                f"so both channel axes must be equal or the second 1, got {a} and {b}"
            )
        content = backend.get_array_module(array).asarray(self._filter(array), array.dtype)
        array[...] = 0
        diagonal = numpy.arange(a)
        array[diagonal, diagonal if b == a else 0] = content


class UpsamplingDeconvFilter(_ResamplingFilter):
    """Fills the weight of a deconvolution with a filter that enlarges images linearly.

    Args:
        interpolation: ``'linear'`` is the only one.
        dtype: Dtype of the array to fill.

    Raises:
        ValueError: Another interpolation; when called, a kernel that is not square.

    References:
        Long, Shelhamer and Darrell, *Fully Convolutional Networks for Semantic Segmentation*, arXiv:1411.4038.
    """


class DownsamplingConvFilter(_ResamplingFilter):
    """Fills the weight of a convolution with a filter that reduces images linearly.

    Args:
        interpolation: ``'linear'`` is the only one.
        dtype: Dtype of the array to fill.

    Raises:
        ValueError: Another interpolation; when called, a kernel that is not square.

    References:
        Long, Shelhamer and Darrell, *Fully Convolutional Networks for Semantic Segmentation*, arXiv:1411.4038.
    """

    def _filter(self, array: NdArray) -> Any:
        content = _linear_filter(array)
        return content / content.sum()
