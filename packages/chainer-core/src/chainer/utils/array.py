"""Shapes of arrays: flattening, summing down, counting."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.types import NdArray, Shape


def as_vec(x: NdArray) -> NdArray:
    """All elements in one axis."""
    return x if x.ndim == 1 else x.ravel()


def as_mat(x: NdArray) -> NdArray:
    """The first axis kept, all others flattened into the second."""
    return x if x.ndim == 2 else x.reshape(len(x), -1)


def empty_like(x: NdArray) -> NdArray:
    """An uninitialised array of the same shape, dtype and device."""
    return backend.get_array_module(x).empty_like(x)


def size_of_shape(shape: Shape) -> int:
    """Number of elements of an array of the given shape."""
    return math.prod(shape)


def sum_to(x: NdArray, shape: Shape) -> NdArray:
    """Sums over axes so that the result has ``shape``: the transpose of broadcasting to ``x.shape``.

    Args:
        x: Array.
        shape: A shape that broadcasts to that of ``x``.
    """
    if x.shape == shape:
        return x
    lead = x.ndim - len(shape)
    axes: Any = tuple(range(lead)) + tuple(
        i + lead for i, length in enumerate(shape) if length == 1 and x.shape[i + lead] != 1
    )
    return x.sum(axis=axes, keepdims=True).reshape(shape)
