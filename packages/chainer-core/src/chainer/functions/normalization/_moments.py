"""Sums over axes for the statistics of normalization."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy

from chainer import backend
from chainer.types import NdArray, Shape

# Elements that a pass over a batch handles at once, so that the next step finds them in the cache.
_CHUNK = 1 << 17


def compute_dtype(*arrays: NdArray) -> Any:
    """Common dtype of the arrays, at least float32: statistics need more than the 11 bits of float16."""
    return numpy.result_type(numpy.float32, *[a.dtype for a in arrays])


def chunks(x: NdArray, axis: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the first axis, if that is among the axes summed over, which hold a cacheful each."""
    n = len(x)
    step = n
    if axis[0] == 0 and n > 1 and isinstance(x, numpy.ndarray):
        step = max(1, _CHUNK * n // max(x.size, 1))
    for start in range(0, n, max(step, 1)):
        yield slice(start, start + step)


def sum_over(x: NdArray, axis: tuple[int, ...]) -> NdArray:
    """``x.sum(axis)``, by a matrix product over trailing axes, which is several times as fast."""
    lead = _n_leading(x, axis)
    if lead == x.ndim:
        return x.sum(axis=axis)
    xp = backend.get_array_module(x)
    rows = x.reshape(-1, math.prod(x.shape[lead:]))
    return rows.dot(xp.ones(rows.shape[1], x.dtype)).reshape(x.shape[:lead]).sum(axis=tuple(axis[: -(x.ndim - lead)]))


def dot_over(x: NdArray, y: NdArray, axis: tuple[int, ...]) -> NdArray:
    """``(x * y).sum(axis)`` without the array of products."""
    xp = backend.get_array_module(x)
    lead = _n_leading(x, axis)
    if lead == x.ndim:
        every = list(range(x.ndim))
        return xp.einsum(x, every, y, every, [i for i in every if i not in axis])
    length = math.prod(x.shape[lead:])
    products = xp.matmul(x.reshape(-1, 1, length), y.reshape(-1, length, 1))
    return products.reshape(x.shape[:lead]).sum(axis=tuple(axis[: -(x.ndim - lead)]))


def _n_leading(x: NdArray, axis: tuple[int, ...]) -> int:
    """Axes before the trailing ones that are summed over; all, if those are too short to be worth it."""
    lead = x.ndim
    for i in range(len(axis)):
        if axis[-1 - i] != x.ndim - 1 - i:
            break
        lead -= 1
    return x.ndim if x.size == 0 or math.prod(x.shape[lead:]) < 16 else lead


def key_axes(ndim: int, axis: tuple[int, ...]) -> tuple[int, ...]:
    """The axes that are not among ``axis``."""
    return tuple([i for i in range(ndim) if i not in axis])


def expanded(param: Any, shape: Shape, axis: tuple[int, ...]) -> Any:
    """A parameter of the shape of the other axes, with axes of length 1 in the place of ``axis``."""
    return param.reshape([1 if i in axis else n for i, n in enumerate(shape)])
