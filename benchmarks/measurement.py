"""What was measured of one workload, and the ratios that follow from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

Rounds = list[float]
"""Seconds or bytes, one a round."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The subject's value over a peer's, both taken in the same round."""

    minimum: float
    median: float
    maximum: float


@dataclass(slots=True)
class Measurement:
    """One workload: what each variant of each peer took in each round, or why a peer could not take part."""

    case: str
    unit: str
    aim: float | None = None
    rounds: dict[str, dict[str, Rounds]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def best(self, peer: str) -> str:
        """Return the variant of a peer with the smallest median."""
        variants = self.rounds[peer]
        return min(variants, key=lambda variant: statistics.median(variants[variant]))

    def median(self, peer: str) -> float:
        """Return the median over the rounds of a peer's best variant."""
        return statistics.median(self.rounds[peer][self.best(peer)])

    def best_peer(self, subject: str) -> str | None:
        """Return the peer with the smallest median; ``None`` if none was measured."""
        return min((peer for peer in self.rounds if peer != subject), key=self.median, default=None)

    def count(self) -> int:
        """Return the number of rounds."""
        return max((len(values) for variants in self.rounds.values() for values in variants.values()), default=0)

    def ratio(self, subject: str, peer: str) -> Ratio | None:
        """Compare the best variants round by round; ``None`` if one of the two was not measured."""
        if subject not in self.rounds or peer not in self.rounds:
            return None
        ours, theirs = (self.rounds[name][self.best(name)] for name in (subject, peer))
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        return Ratio(min(ratios), statistics.median(ratios), max(ratios))

    def as_json(self, subject: str) -> dict[str, Any]:
        """Return the raw rounds with the ratios to the subject."""
        ratios = {peer: self.ratio(subject, peer) for peer in self.rounds if peer != subject}
        return {
            "case": self.case,
            "unit": self.unit,
            "aim": self.aim,
            "rounds": self.rounds,
            "failures": self.failures,
            "best": {peer: self.best(peer) for peer in self.rounds},
            "ratios": {
                peer: {"min": ratio.minimum, "median": ratio.median, "max": ratio.maximum}
                for peer, ratio in ratios.items()
                if ratio is not None
            },
        }
