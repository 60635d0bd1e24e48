"""Seeded numbers, the same in every framework and on every version of NumPy."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def normal(seed: int, *shape: int) -> np.ndarray:
    """Standard normal float32. ``RandomState``'s stream is frozen, unlike that of ``Generator``."""
    return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


def layers(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights ``(out, in)`` and biases ``(out,)`` of a multilayer perceptron, scaled so that activations keep size."""
    return [
        (normal(i, n_out, n_in) / np.float32(n_in**0.5), 0.1 * normal(i + 100, n_out))
        for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:]))
    ]


def labels(seed: int, size: int, n_class: int) -> np.ndarray:
    """Random classes, int32."""
    return np.random.RandomState(seed).randint(0, n_class, size).astype(np.int32)


def batches(batch_size: int, in_size: int, n_class: int, count: int = 8) -> list[tuple[np.ndarray, np.ndarray]]:
    """Minibatches of inputs and labels.

    There are several, as one would be learnt by heart while it is timed: its gradients then vanish into
    denormal numbers, which are slow in their own way.
    """
    return [(normal(200 + i, batch_size, in_size), labels(300 + i, batch_size, n_class)) for i in range(count)]


def cycle(batches: list[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Repeat the minibatches for ever."""
    return itertools.cycle(batches)
