"""Fast draws from a discrete distribution."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy

from chainer import backend
from chainer.backends import cuda
from chainer.device_resident import DeviceResident
from chainer.types import NdArray, Shape


class WalkerAlias(DeviceResident):
    """Draws integers with given probabilities, each in constant time.

    The line from 0 to the number of values is cut into as many pieces of length 1, and each piece in two, so that each
    value owns parts of a total length in proportion to its probability.

    Args:
        probs: Probabilities, up to a common factor.

    Raises:
        ValueError: A probability is negative or not finite, or all are zero; or there is not one axis.

    References:
        Vose, *A linear algorithm for generating random numbers with a given distribution*, IEEE TSE 1991.

    Example:
        >>> from chainer.utils import WalkerAlias
        >>> WalkerAlias([0, 3, 0]).sample((2, 2))
        array([[1, 1],
               [1, 1]], dtype=int32)
    """

    threshold: NdArray  # where in [i, i + 1) the left part of piece i ends, as a fraction
    values: NdArray  # values[2 * i] owns the left part of piece i, values[2 * i + 1] the right part

    def __init__(self, probs: Sequence[float] | NdArray) -> None:
        super().__init__()
        weights = numpy.asarray(backend.CpuDevice().send(probs), numpy.float64)
        if weights.ndim != 1:
            raise ValueError(f"probs must have one axis, got shape {weights.shape}")
        if not (numpy.isfinite(weights) & (weights >= 0)).all() or not weights.sum() > 0:
            raise ValueError("probs must be finite, not negative, and not all zero")
        # In single precision, as in the last release: its rounding decides who shares a piece, and so what is drawn.
        weights = weights.astype(numpy.float32)
        self.threshold, self.values = _cut(weights / weights.sum() * numpy.float32(len(weights)))

    def device_resident_accept(self, visitor: Any) -> None:
        """Lets a visitor move the tables."""
        super().device_resident_accept(visitor)
        self.threshold = visitor.visit_array(self.threshold)
        self.values = visitor.visit_array(self.values)

    @property
    def use_gpu(self) -> bool:
        """Whether draws happen on a GPU."""
        return isinstance(self.threshold, cuda.ndarray)

    def sample(self, shape: int | Shape) -> NdArray:
        """Draws integers, from the global state of NumPy or CuPy.

        Args:
            shape: Shape of the result.

        Returns:
            Array of int32.
        """
        return self.sample_xp(backend.get_array_module(self.threshold), shape)

    def sample_gpu(self, shape: int | Shape) -> NdArray:
        """:meth:`sample` on a GPU."""
        cuda.check_cuda_available()
        return self.sample_xp(cuda.cupy, shape)

    def sample_xp(self, xp: Any, shape: int | Shape) -> NdArray:
        """:meth:`sample` with a given array module."""
        points = xp.random.uniform(0, len(self.threshold), shape)
        pieces = points.astype(numpy.int32)
        is_right = self.threshold[pieces] < points - pieces
        return self.values[pieces * 2 + is_right]


def _cut(lengths: NdArray) -> tuple[NdArray, NdArray]:
    """Deals out lengths that sum to their number to pieces of length 1, at most two values a piece."""
    n = len(lengths)
    threshold = numpy.empty(n, numpy.float32)
    values = numpy.zeros(2 * n, numpy.int32)
    rest = list(lengths)
    one = numpy.float32(1)
    order = numpy.argsort(lengths).tolist()
    short = deque([i for i in order if rest[i] < one])
    long = deque([i for i in order if rest[i] >= one])
    for piece in range(n):
        left = short.popleft() if short else long.popleft()
        threshold[piece] = rest[left]
        values[2 * piece] = left
        if not long or rest[left] >= one:  # it has the piece to itself, but for rounding
            continue
        right = long[0]
        values[2 * piece + 1] = right
        rest[right] -= one - rest[left]
        if rest[right] < one:
            short.append(long.popleft())
    return threshold, values
