"""Gradients of large weights that many steps share, as terms to be computed together.

A recurrent network written step by step uses each weight once a time step, and each time a few rows of gradients make a
gradient as large as the weight. To compute those one by one and to add them up means to go through memory of that size
many times over. The rows are small: they are gathered instead, and the sum is computed once, when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from chainer.backends.raw import RawArray, plain
from chainer.types import NdArray, Shape
from chainer.variable import VariableNode

Terms = tuple[NdArray, ...]
Compute = Callable[..., NdArray]

_SMALLEST = 1 << 17  # elements; the sums of smaller gradients stay in the cache
_RATIO = 8  # so many times larger than a term the gradient must be


class GatheredSum(RawArray):
    """The sum of the terms of a gradient.

    Terms are copied: their arrays may be written to before the sum is asked for. Where they have become as many as the
    gradient has elements, they are added up, so that memory stays bounded.

    Args:
        compute: Called with the arrays of all terms, joined along the first axis, and the shape and dtype of the sum.
        terms: Arrays of each term.
        shape: Shape of the sum.
        dtype: Its dtype.
        total: Sum of terms that have been added up before.
    """

    __slots__ = ("_compute", "_terms", "_total")

    def __init__(
        self, compute: Compute, terms: tuple[Terms, ...], shape: Shape, dtype: Any, total: NdArray | None = None
    ) -> None:
        super().__init__(shape, dtype)
        self._compute = compute
        self._terms = terms
        self._total = total

    def _unpack(self) -> NdArray:
        total, terms = self._total, self._terms
        if terms:
            joined = terms[0] if len(terms) == 1 else [numpy.concatenate(arrays) for arrays in zip(*terms)]
            computed = self._compute(*joined, self.shape, self.dtype)
            if total is not None:
                computed += total
            total = computed
        self._total, self._terms = None, ()
        assert total is not None
        return total

    def __add__(self, other: Any) -> Any:
        if (
            not isinstance(other, GatheredSum)
            or other._compute is not self._compute
            or self._plain is not None
            or other._plain is not None
            or other._total is not None
        ):
            return self.array + plain(other)
        both = GatheredSum(self._compute, self._terms + other._terms, self.shape, self.dtype, self._total)
        if sum([x.size for term in both._terms for x in term]) < self.size:
            return both
        return GatheredSum(self._compute, (), self.shape, self.dtype, both.array)


def gather(compute: Compute, term: Terms, node: VariableNode, shape: Shape, dtype: Any) -> GatheredSum | None:
    """The gradient of a leaf as one term of a sum, or ``None`` where it had better be computed at once.

    Args:
        compute: As for :class:`GatheredSum`.
        term: Arrays of the term.
        node: Whose gradient it is.
        shape: Shape of the gradient.
        dtype: Its dtype.
    """
    size = shape[0] * shape[1]
    if (
        size < _SMALLEST
        or sum([x.size for x in term]) * _RATIO > size
        or node._creator_node is not None  # a function, which takes the gradient as an array
        or type(term[0]) is not numpy.ndarray
    ):
        return None
    return GatheredSum(compute, (tuple([x.copy() for x in term]),), shape, dtype)
