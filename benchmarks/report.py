"""Results as text for a person and as JSON for a program."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.agreement import Agreement
from benchmarks.measurement import Measurement
from benchmarks.rounds import Plan

Facts = Mapping[str, Mapping[str, str]]

COLLECTOR = "on, and run once before each measurement"


@dataclass(frozen=True, slots=True)
class Run:
    """All that one call of the command found."""

    subject: str
    plan: Plan
    facts: Facts
    """Versions of each peer that could be had."""
    missing: Mapping[str, str]
    """Why the other peers could not be had."""
    measurements: Sequence[Measurement]
    date: datetime = field(default_factory=lambda: datetime.now().astimezone())

    def write_json(self, path: Path) -> None:
        """Write everything, raw rounds included."""
        content: dict[str, Any] = {
            "date": self.date.isoformat(timespec="seconds"),
            "machine": machine(),
            "plan": asdict(self.plan),
            "garbage_collector": COLLECTOR,
            "subject": self.subject,
            "peers": self.facts,
            "missing": self.missing,
            "measurements": [measurement.as_json(self.subject) for measurement in self.measurements],
        }
        path.write_text(json.dumps(content, indent=1) + "\n")


def ratios(run: Run) -> str:
    """Return the table of ratios: the subject's value over each peer's, below 1 where the subject is better."""
    header = ("benchmark", "peer", "rounds", "ratio", "min", "max", "aim", run.subject, "peer's best")
    rows = [
        row
        for measurement in run.measurements
        for peer in (*run.facts, *run.missing)
        if peer != run.subject
        for row in [_ratio_row(run, measurement, peer)]
    ]
    return table([header, *rows])


def _ratio_row(run: Run, measurement: Measurement, peer: str) -> Sequence[str]:
    ratio = measurement.ratio(run.subject, peer)
    if ratio is None:
        absent = [name for name in (run.subject, peer) if name not in measurement.rounds]
        return measurement.case, peer, f"not measured: no {' and no '.join(absent)}"
    wanted = measurement.aim is not None and peer == measurement.best_peer(run.subject)
    aim = f"{measurement.aim:g}" if wanted else ""
    ours, theirs = (quantity(measurement.median(name), measurement.unit) for name in (run.subject, peer))
    best = measurement.best(peer) if len(measurement.rounds[peer]) > 1 else ""
    spread = (f"{value:.3f}" for value in (ratio.median, ratio.minimum, ratio.maximum))
    return measurement.case, peer, str(measurement.count()), *spread, aim, ours, f"{theirs} {best}".strip()


def environments(run: Run) -> str:
    """Return what ran, and what could not run and why."""
    keys = ["python", "numpy", "blas"]
    rows = [
        (name, "  ".join(f"{key} {value}" for key, value in sorted(found.items(), key=lambda kv: kv[0] in keys)))
        for name, found in run.facts.items()
    ]
    rows += [(name, f"MISSING: {reason}") for name, reason in run.missing.items()]
    rows += [
        (f"{measurement.case}, {name}", f"FAILED: {reason}")
        for measurement in run.measurements
        for name, reason in measurement.failures.items()
    ]
    rows += [("machine", ", ".join(machine().values()))]
    rows += [("threads", str(run.plan.threads)), ("each round", f"at least {run.plan.seconds:g} s of each peer")]
    rows += [("collector", COLLECTOR)]
    return table(rows)


def agreements(found: Sequence[Agreement], missing: Mapping[str, str]) -> str:
    """Return what the peers computed alike, and what not."""
    rows = [("benchmark", "contender", "numbers")]
    for agreement in found:
        apart = agreement.disagreements()
        for i, name in enumerate(agreement.numbers):
            verdict = f"DIFFER by {apart[name]:.1e}" if name in apart else "agree" if i else "compared with"
            rows.append((agreement.case, name, verdict))
        rows += [(agreement.case, name, f"FAILED: {reason}") for name, reason in agreement.failures.items()]
    rows += [("", name, f"MISSING: {reason}") for name, reason in missing.items()]
    return table(rows)


def profile(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return where the time of a step goes, by the functions' own time."""
    header = ("share", "own us/step", "all us/step", "calls/step", "function")
    lines = [
        (
            f"{row['share']:.1%}",
            f"{1e6 * row['own']:.1f}",
            f"{1e6 * row['all']:.1f}",
            f"{row['calls']:.4g}",
            row["function"],
        )
        for row in rows
    ]
    return table([header, *lines])


def quantity(value: float, unit: str) -> str:
    """Return a value with three digits and the prefix that suits it."""
    if unit == "B":
        return f"{value / 2**20:.3g} MiB"
    for factor, prefix in ((1, ""), (1e3, "m"), (1e6, "u")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {prefix}s"
    return f"{value * 1e9:.3g} ns"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns by spaces; a row may end early, and what it says last may then be of any length."""
    n_column = max(map(len, rows))
    full = [row for row in rows if len(row) == n_column]
    widths = [max(len(row[i]) for row in full) for i in range(n_column)]
    for row in rows:
        for i, cell in enumerate(row[:-1]):
            widths[i] = max(widths[i], len(cell))
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def machine() -> dict[str, str]:
    """Return what the measurements ran on."""
    return {"processor": processor(), "cores": f"{os.cpu_count()} cores", "system": platform.platform()}


def processor() -> str:
    """Return the model of the processor, as Linux tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
