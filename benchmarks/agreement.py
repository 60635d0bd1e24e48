"""Do all peers do the same work? The numbers that their first steps compute must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.connection import Worker, WorkerFailure
from benchmarks.peers import Peer
from benchmarks.workload import Workload

TOLERANCE = 1e-4

Fingerprints = Sequence[Sequence[float]]


@dataclass(slots=True)
class Agreement:
    """What each variant of each peer computed, or why a peer could not take part."""

    case: str
    numbers: dict[str, Fingerprints] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def disagreements(self) -> dict[str, float]:
        """Return how far each one is from the first, where that is more than rounding explains."""
        reference = next(iter(self.numbers.values()), ())
        distances = {name: distance(reference, found) for name, found in self.numbers.items()}
        return {name: d for name, d in distances.items() if not d <= TOLERANCE}  # NaN is a disagreement


def check(workload: Workload, peers: Sequence[Peer], threads: int) -> Agreement:
    """Run the first steps of a workload in all peers."""
    result = Agreement(workload.name)
    for peer in peers:
        try:
            result.numbers |= _numbers(workload, peer, threads)
        except WorkerFailure as error:
            result.failures[peer.name] = str(error)
    return result


def _numbers(workload: Workload, peer: Peer, threads: int) -> Mapping[str, Fingerprints]:
    with Worker(peer, threads, workload.ranks) as worker:
        worker.ask("facts")
        variants = worker.ask("prepare", case=workload.name, small=True)
        return {f"{peer.name} {variant}": worker.ask("numbers", variant=variant) for variant in variants}


def distance(expected: Fingerprints, found: Fingerprints) -> float:
    """Return the largest difference, relative to the root mean square that leads each fingerprint; NaN if one is."""
    left, right = np.array(expected), np.array(found)
    if left.shape != right.shape:
        return float("inf")
    return float(np.max(np.abs(left - right) / np.maximum(np.abs(left[:, :1]), 1e-30)))
