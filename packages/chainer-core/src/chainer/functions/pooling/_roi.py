"""Pooling over regions of interest: what the functions of this name share.

A region is divided into bins, along each axis alone. *Pooling* rounds the region and its bins to whole pixels;
*align* takes samples inside each bin and interpolates between pixels. Means are separable: along each axis they are
a matrix of weights, ``(R, bins, length)``. Maxima are looked for in all bins of all regions at once, one place
inside the bin after the other, with channels last, so that a pixel is one row of memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, Variables
from chainer.utils import type_check

# Elements of the intermediate of a mean, (regions, bins, C, W), computed at once.
_CHUNK = 1 << 21


def check_outsize(outsize: Any) -> tuple[int, int]:
    """``outsize`` as a pair.

    Raises:
        TypeError: It is neither a positive int nor a pair of them.
    """
    pair = tuple(outsize) if isinstance(outsize, tuple | list) else (outsize, outsize)
    if len(pair) != 2 or not all(isinstance(n, int | numpy.integer) and n > 0 for n in pair):
        raise TypeError(f"outsize must be a positive int or a pair of them, got {outsize!r}")
    return int(pair[0]), int(pair[1])


def check_spatial_scale(spatial_scale: Any) -> float:
    """``spatial_scale`` as a float.

    Raises:
        TypeError: It is not a positive number.
    """
    if not isinstance(spatial_scale, int | float | numpy.number) or not spatial_scale > 0:
        raise TypeError(f"spatial_scale must be a positive number, got {spatial_scale!r}")
    return float(spatial_scale)


def check_sampling_ratio(sampling_ratio: Any) -> tuple[int | None, int | None]:
    """``sampling_ratio`` as a pair.

    Raises:
        TypeError: It is neither ``None``, an int of at least 1, nor a pair of these.
    """
    pair = tuple(sampling_ratio) if isinstance(sampling_ratio, tuple | list) else (sampling_ratio, sampling_ratio)
    if len(pair) != 2 or not all(n is None or (isinstance(n, int | numpy.integer) and n >= 1) for n in pair):
        raise TypeError(f"sampling_ratio must be None, an int of at least 1 or a pair of these, got {sampling_ratio!r}")
    return pair


def check_roi_types(in_types: Any) -> None:
    """States what is expected of ``x``, ``rois`` and ``roi_indices``."""
    type_check.argname(in_types, ("x", "rois", "roi_indices"))
    x_type, rois_type, index_type = in_types
    type_check.expect(
        x_type.dtype.kind == "f",
        x_type.ndim == 4,
        rois_type.dtype == x_type.dtype,
        rois_type.ndim == 2,
        index_type.dtype.kind == "i",
        index_type.ndim == 1,
    )
    type_check.expect(rois_type.shape[1] == 4, rois_type.shape[0] == index_type.shape[0])


class LinearMap(FunctionNode):
    """A fixed linear map of arrays as a node: its gradient is its transpose, and so on for ever.

    Args:
        forward: The map.
        transposed: Its transpose.
    """

    def __init__(self, forward: Callable[[NdArray], NdArray], transposed: Callable[[NdArray], NdArray]) -> None:
        self._forward = forward
        self._transposed = transposed

    def forward(self, inputs: Arrays) -> Arrays:
        return (self._forward(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return LinearMap(self._transposed, self._forward).apply(grad_outputs)


class Bins(NamedTuple):
    """Bins along one axis: pixels from ``first`` to before ``last``. Both of shape ``(R, bins)``."""

    first: NdArray
    last: NdArray


def rounded_bins(low: NdArray, high: NdArray, scale: float, n_bins: int, length: int, is_inclusive: bool) -> Bins:
    """Bins of regions rounded to whole pixels, cut off at the ends of the axis.

    Args:
        low: Where each region begins. Shape ``(R,)``.
        high: Where it ends.
        scale: Pixels to the unit of these.
        n_bins: Number of bins.
        length: Number of pixels of the axis.
        is_inclusive: Whether the pixel at ``high`` belongs to the region.
    """
    xp = backend.get_array_module(low)
    start = xp.round(low * scale).astype(numpy.int64)
    stop = xp.round(high * scale).astype(numpy.int64)
    stride = (xp.maximum(stop - start + is_inclusive, 1) / n_bins)[:, None]
    i = xp.arange(n_bins)
    first = xp.floor(i * stride).astype(numpy.int64) + start[:, None]
    last = xp.ceil((i + 1) * stride).astype(numpy.int64) + start[:, None]
    return Bins(xp.clip(first, 0, length), xp.clip(last, 0, length))


def bin_weights(bins: Bins, length: int, dtype: Any) -> NdArray:
    """Weights of the pixels in the mean of each bin; none in an empty one. Shape ``(R, bins, length)``."""
    xp = backend.get_array_module(bins.first)
    pixel = xp.arange(length)
    weights = ((pixel >= bins.first[..., None]) & (pixel < bins.last[..., None])).astype(dtype)
    weights /= xp.maximum(bins.last - bins.first, 1)[..., None].astype(dtype)
    return weights


class Samples(NamedTuple):
    """Samples along one axis, between two pixels each."""

    low: NdArray  # the pixel before; (R, bins) or a shape that broadcasts with it
    high: NdArray  # the pixel behind
    fraction: NdArray  # how far it is on the way
    is_inside: NdArray  # whether the sample is not too far outside the image to count


class SampledAxis:
    """Bins of regions along one axis, with samples in them at equal distances.

    Args:
        low: Where each region begins. Shape ``(R,)``.
        high: Where it ends.
        scale: Pixels to the unit of these.
        n_bins: Number of bins.
        length: Number of pixels of the axis.
        ratio: Number of samples a bin; ``None`` takes about one a pixel.

    Attributes:
        counts: Samples a bin of each region. Shape ``(R,)``.
    """

    def __init__(self, low: NdArray, high: NdArray, scale: float, n_bins: int, length: int, ratio: int | None) -> None:
        xp = backend.get_array_module(low)
        self._start = low * scale
        size = xp.maximum(high * scale - self._start, 1)
        self._step = size / n_bins
        self.n_bins = n_bins
        self._length = length
        if ratio is None:
            self.counts = xp.ceil(self._step).astype(numpy.int64)
        else:
            self.counts = xp.full(low.shape, ratio, numpy.int64)

    def samples(self, region: Any, bin: NdArray, number: NdArray) -> Samples:
        """Samples of given numbers in given bins of given regions, which are indexes that broadcast."""
        xp = backend.get_array_module(self._start)
        step = self._step[region]
        dtype = step.dtype
        place = self._start[region] + bin.astype(dtype) * step
        place = place + (number.astype(dtype) + dtype.type(0.5)) * step / self.counts[region].astype(dtype)
        is_inside = (place >= -1) & (place <= self._length)
        place = xp.clip(place, 0, self._length - 1)
        low = place.astype(numpy.int64)
        return Samples(low, xp.minimum(low + 1, self._length - 1), place - low.astype(dtype), is_inside)

    def weights(self, dtype: Any) -> NdArray:
        """Weights of the pixels in the mean over the samples of each bin. Shape ``(R, bins, length)``."""
        xp = backend.get_array_module(self._start)
        n = len(self._start)
        weights = xp.zeros((n, self.n_bins, self._length), dtype)
        region, bin = xp.arange(n)[:, None], xp.arange(self.n_bins)
        for number in range(int(self.counts.max()) if n else 0):
            s = self.samples(region, bin, xp.full((1, 1), number))
            share = (s.is_inside & (number < self.counts[:, None])) / self.counts[:, None]
            # An element is selected once a statement: each bin has one sample of this number.
            weights[region, bin, s.low] += (share * (1 - s.fraction)).astype(dtype)
            weights[region, bin, s.high] += (share * s.fraction).astype(dtype)
        return weights


def weighted_means(x: NdArray, roi_indices: NdArray, weights: tuple[NdArray, NdArray]) -> NdArray:
    """Sums of the pixels of an image for each region, weighted along both axes. Shape ``(R, C, outh, outw)``."""
    xp = backend.get_array_module(x)
    n_channels, height, width = x.shape[1:]
    rows, columns = weights
    outh, outw = rows.shape[1], columns.shape[1]
    y = xp.empty((len(rows), n_channels, outh, outw), x.dtype)
    for image, regions in _by_image(roi_indices, outh * n_channels * width):
        pixels = x[image].transpose(1, 0, 2).reshape(height, -1)
        lines = rows[regions].reshape(-1, height) @ pixels
        lines = lines.reshape(len(regions), outh * n_channels, width) @ columns[regions].swapaxes(1, 2)
        y[regions] = lines.reshape(len(regions), outh, n_channels, outw).swapaxes(1, 2)
    return y


def spread_means(gy: NdArray, roi_indices: NdArray, weights: tuple[NdArray, NdArray], shape: Shape) -> NdArray:
    """The transpose of :func:`weighted_means`: images of the given shape."""
    xp = backend.get_array_module(gy)
    _, n_channels, height, width = shape
    rows, columns = weights
    outh, outw = rows.shape[1], columns.shape[1]
    gx = xp.zeros(shape, gy.dtype)
    for image, regions in _by_image(roi_indices, outh * n_channels * width):
        g = gy[regions].swapaxes(1, 2).reshape(len(regions), outh * n_channels, outw)
        lines = (g @ columns[regions]).reshape(len(regions) * outh, n_channels * width)
        pixels = rows[regions].reshape(-1, height).T @ lines
        gx[image] += pixels.reshape(height, n_channels, width).transpose(1, 0, 2)
    return gx


def _by_image(roi_indices: NdArray, size: int) -> Iterator[tuple[int, NdArray]]:
    """Each image with the numbers of some of its regions, as many as a chunk of the given size each holds."""
    xp = backend.get_array_module(roi_indices)
    step = max(_CHUNK // max(size, 1), 1)
    for image in xp.unique(roi_indices):
        regions = xp.flatnonzero(roi_indices == image)
        for i in range(0, len(regions), step):
            yield int(image), regions[i : i + step]


def largest_in_bins(x: NdArray, roi_indices: NdArray, rows: Bins, columns: Bins) -> tuple[NdArray, NdArray]:
    """Maximum of each bin, and the number of its pixel in its channel; minus infinity and -1 for an empty bin.

    Returns:
        Both of shape ``(R, C, outh, outw)``, the second of int32.
    """
    xp = backend.get_array_module(x)
    n_channels, height, width = x.shape[1:]
    shape = (len(roi_indices), rows.first.shape[1], columns.first.shape[1])
    top, left = (rows.first[:, :, None], columns.first[:, None, :])
    corner = ((roi_indices[:, None, None] * height + top) * width + left).reshape(-1)
    n_rows = xp.broadcast_to((rows.last - rows.first)[:, :, None], shape).reshape(-1)
    n_columns = xp.broadcast_to((columns.last - columns.first)[:, None, :], shape).reshape(-1)
    pixels = _pixels(x, roi_indices)
    y = xp.full((len(corner), n_channels), -numpy.inf, x.dtype)
    argmax = xp.full(y.shape, -1, numpy.int32)
    in_channel = corner - xp.repeat(roi_indices, shape[1] * shape[2]) * (height * width)
    for i, j in itertools.product(range(_largest(n_rows)), range(_largest(n_columns))):
        active = xp.flatnonzero((n_rows > i) & (n_columns > j))
        offset = i * width + j
        seen = pixels[corner[active] + offset]
        best = y[active]
        is_better = seen > best
        y[active] = xp.maximum(seen, best)
        argmax[active] = xp.where(is_better, (in_channel[active] + offset)[:, None], argmax[active])
    return _channels_second(y, shape), _channels_second(argmax, shape)


def _largest(counts: NdArray) -> int:
    return int(counts.max()) if counts.size else 0


def _pixels(x: NdArray, roi_indices: NdArray) -> NdArray:
    """All pixels of all images, channels last. Shape ``(B * H * W, C)``."""
    if len(roi_indices) and not 0 <= int(roi_indices.min()) <= int(roi_indices.max()) < len(x):
        raise IndexError(f"roi_indices must be at least 0 and less than {len(x)}, the number of images")
    return backend.get_array_module(x).ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(-1, x.shape[1])


def _channels_second(y: NdArray, shape: Shape) -> NdArray:
    xp = backend.get_array_module(y)
    return xp.ascontiguousarray(y.reshape(*shape, y.shape[1]).transpose(0, 3, 1, 2))


def largest_samples(
    x: NdArray, roi_indices: NdArray, rows: SampledAxis, columns: SampledAxis
) -> tuple[NdArray, NdArray]:
    """Maximum over the samples of each bin, and the number of the sample; minus infinity and -1 if none is inside.

    Samples are counted in C order, row by row.

    Returns:
        Both of shape ``(R, C, outh, outw)``, the second of int32.
    """
    xp = backend.get_array_module(x)
    height, width = x.shape[2:]
    shape = (len(roi_indices), rows.n_bins, columns.n_bins)
    pixels = _pixels(x, roi_indices)
    y = xp.full((int(numpy.prod(shape)), x.shape[1]), -numpy.inf, x.dtype)
    argmax = xp.full(y.shape, -1, numpy.int32)
    region, i, j = [a.reshape(-1) for a in xp.indices(shape)]
    for v, u in itertools.product(range(_largest(rows.counts)), range(_largest(columns.counts))):
        active = xp.flatnonzero((rows.counts[region] > v) & (columns.counts[region] > u))
        of = region[active]
        row = rows.samples(of, i[active], xp.full(1, v))
        column = columns.samples(of, j[active], xp.full(1, u))
        is_inside = row.is_inside & column.is_inside
        seen: Any = 0
        for place, weight in _corners(row, column, width):
            seen = seen + pixels[roi_indices[of] * (height * width) + place] * weight.astype(x.dtype)[:, None]
        best = y[active]
        is_better = (seen > best) & is_inside[:, None]
        y[active] = xp.where(is_better, seen, best)
        argmax[active] = xp.where(is_better, (v * columns.counts[of] + u)[:, None], argmax[active])
    return _channels_second(y, shape), _channels_second(argmax, shape)


def _corners(row: Samples, column: Samples, width: int) -> Iterator[tuple[NdArray, NdArray]]:
    """The four pixels around samples, counted in their channel, and their weights."""
    for y, wy in ((row.low, 1 - row.fraction), (row.high, row.fraction)):
        for x, wx in ((column.low, 1 - column.fraction), (column.high, column.fraction)):
            yield y * width + x, wy * wx


class Places(NamedTuple):
    """Pixels of which each element of an output is the weighted sum: where maxima had been found."""

    pixels: list[NdArray]  # indexes into the flattened images, of the shape of the output
    weights: list[NdArray]  # zero where the output has no pixel

    def spread(self, gy: NdArray, shape: Shape) -> NdArray:
        """Images with each element of ``gy`` added to its pixels."""
        xp = backend.get_array_module(gy)
        gx = xp.zeros(shape, gy.dtype)
        for place, weight in zip(self.pixels, self.weights):
            xp.add.at(gx.reshape(-1), place.reshape(-1), (gy * weight).reshape(-1))
        return gx

    def gather(self, x: NdArray) -> NdArray:
        """The transpose of :meth:`spread`."""
        flat = x.reshape(-1)
        y: Any = 0
        for place, weight in zip(self.pixels, self.weights):
            y = y + flat[place] * weight
        return y


def bin_places(argmax: NdArray, roi_indices: NdArray, shape: Shape, dtype: Any) -> Places:
    """Where :func:`largest_in_bins` found its maxima, in images of the given shape."""
    is_found = argmax >= 0
    place = _channel_starts(roi_indices, shape) + argmax
    place *= is_found
    return Places([place], [is_found.astype(dtype)])


def sample_places(
    argmax: NdArray, roi_indices: NdArray, rows: SampledAxis, columns: SampledAxis, shape: Shape, dtype: Any
) -> Places:
    """What :func:`largest_samples` interpolated its maxima from, in images of the given shape."""
    xp = backend.get_array_module(argmax)
    is_found = argmax >= 0
    number = argmax * is_found
    region = xp.arange(len(argmax))[:, None, None, None]
    n = columns.counts[region]
    row = rows.samples(region, xp.arange(rows.n_bins)[:, None], number // n)
    column = columns.samples(region, xp.arange(columns.n_bins), number % n)
    start = _channel_starts(roi_indices, shape)
    pixels, weights = zip(*_corners(row, column, shape[3]))
    return Places([start + p for p in pixels], [(w * is_found).astype(dtype) for w in weights])


def _channel_starts(roi_indices: NdArray, shape: Shape) -> NdArray:
    """Index of the first pixel of each channel of each region's image. Shape ``(R, C, 1, 1)``."""
    xp = backend.get_array_module(roi_indices)
    channel = roi_indices.astype(numpy.int64)[:, None] * shape[1] + xp.arange(shape[1])
    return (channel * (shape[2] * shape[3]))[:, :, None, None]
