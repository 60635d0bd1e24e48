"""Parameters of the networks, drawn in the order in which a model is built: the same in every framework."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.work._data import normal

if TYPE_CHECKING:
    BatchNorm = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

DRAWN = 1000003
"""A parameter repeats that many numbers. Drawing all 138 million of VGG-16 would take longer than its training step;
a prime keeps the rows of a matrix different."""


class Parameters:
    """Each call returns the parameters of the next layer."""

    def __init__(self) -> None:
        self._seeds = itertools.count()

    def filters(self, out_channels: int, in_channels: int, *ksize: int) -> np.ndarray:
        """Filters of a convolution, or with no ``ksize`` an affine map; scaled to keep activations at one size."""
        shape = (out_channels, in_channels, *ksize)
        return self._normal(*shape) * np.float32((2 / np.prod(shape[1:])) ** 0.5)

    def bias(self, size: int) -> np.ndarray:
        """One number for each channel."""
        return np.float32(0.1) * self._normal(size)

    def batch_norm(self, size: int, scale: float = 1) -> BatchNorm:
        """Scale, shift, and the mean and variance that inference uses."""
        gamma, beta, mean, log_var = (self.bias(size) for _ in range(4))
        return np.float32(scale) * (gamma + np.float32(1)), beta, mean, np.exp(log_var)

    def _normal(self, *shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.resize(normal(next(self._seeds), min(size, DRAWN)), shape)
