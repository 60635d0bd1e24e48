"""Fingerprints of what a step computes, small enough to send and sharp enough to compare frameworks by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmarks.workload import Step

    Fingerprint = list[float]

STEPS = 3


def fingerprints(step: Step) -> list[Fingerprint]:
    """Return one fingerprint for each value of each of the first steps: later ones tell of the updates before."""
    return [fingerprint(value) for _ in range(STEPS) for value in step()]


def fingerprint(value: Any) -> Fingerprint:
    """Return the root mean square of an array, and its product with a wave, which notices elements out of place."""
    array = to_numpy(value).astype(np.float64).ravel()
    wave = np.cos(np.arange(array.size)) / np.sqrt(array.size)  # so that both numbers are of one size
    return [float(np.sqrt(np.mean(array**2))), float(array @ wave)]


def to_numpy(value: Any) -> np.ndarray:
    """Return the data of a tensor, variable or array."""
    if hasattr(value, "detach"):
        return np.asarray(value.detach())
    return np.asarray(getattr(value, "array", value))
