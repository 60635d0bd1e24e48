"""What was measured, as text for a person and as JSON for a program."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import chainer
import numpy

import chainermn
from chainermn._mpi import library_name
from chainermn.benchmark.collectives import Timing
from chainermn.benchmark.model import Network, fit
from chainermn.benchmark.training import Training


def versions() -> dict[str, str]:
    """What ran where."""
    return {
        "chainermn": chainermn.__version__,
        "chainer": chainer.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "mpi": library_name(),
        "system": platform.platform(),
    }


@dataclass(frozen=True, slots=True)
class Run:
    """One number of ranks.

    Attributes:
        ranks: How many there were.
        nodes: On how many nodes.
        communicator: Its name.
        dtype: In which gradients travelled; ``None`` is their own.
        model: Name of the model.
        batchsize: Items a step and rank.
        steps: Steps that were timed.
        allreduce: A timing a size.
        training: Of the model.
        versions: See :func:`versions`.
    """

    ranks: int
    nodes: int
    communicator: str
    dtype: str | None
    model: str
    batchsize: int
    steps: int
    allreduce: list[Timing]
    training: Training
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def network(self) -> Network | None:
        """What the timings tell of the network; ``None`` on one rank."""
        if self.ranks == 1:
            return None
        return fit(self.ranks, [t.nbytes for t in self.allreduce], [t.seconds for t in self.allreduce])

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Run:
        """A run from what :func:`dataclasses.asdict` has made of one."""
        parts = {
            "allreduce": [Timing(**timing) for timing in content["allreduce"]],
            "training": Training(**content["training"]),
        }
        return cls(**{**content, **parts})


def write(runs: Sequence[Run], path: Path) -> None:
    """Writes runs as JSON."""
    path.write_text(json.dumps({"runs": [asdict(run) for run in runs]}, indent=1) + "\n")


def read(path: Path) -> list[Run]:
    """The runs of a file.

    Raises:
        ValueError: The file holds something else.
    """
    try:
        return [Run.from_dict(content) for content in json.loads(path.read_text())["runs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no result of python -m chainermn.benchmark: {error!r}") from error


def describe(run: Run) -> str:
    """All of one run."""
    return "\n\n".join("\n".join(part) for part in (_heading(run), _allreduce(run), _training(run)) if part)


def _heading(run: Run) -> list[str]:
    names = "  ".join(f"{name} {version}" for name, version in run.versions.items())
    where = f"{_count(run.ranks, 'rank')} on {_count(run.nodes, 'node')}"
    return [f"{where}, {run.communicator} communicator, {run.dtype or 'float32'} on the wire", names]


def _allreduce(run: Run) -> list[str]:
    if run.network is None:
        return []
    rows = [("allreduce of", "time", "bandwidth")]
    rows += [(size(t.nbytes), seconds(t.seconds), f"{t.bandwidth / 1e9:.3g} GB/s") for t in run.allreduce]
    bandwidth = f"{1e-9 / run.network.beta:.3g} GB/s" if run.network.beta else "unknown"
    return [*table(rows), f"latency {seconds(run.network.alpha)} a message, bandwidth {bandwidth}"]


def _training(run: Run) -> list[str]:
    t = run.training
    rows = {
        "speed": f"{t.items_per_second:.4g} items/s per rank, {t.items_per_second * run.ranks:.4g} items/s in all",
        "step": f"{seconds(t.step)}; {seconds(t.step_alone)} without communication, "
        f"{seconds(t.step_sequential)} with communication after backward",
        "communication": f"{seconds(t.communication)} in {_count(len(t.buckets), 'bucket')}; backward hid "
        f"{t.overlap:.0%} of it" + (f", {t.hidden / t.hideable:.0%} of what it could hide" if t.hideable else ""),
        "memory": f"{size(t.memory)} a rank; {size(t.memory_alone)} without communication, "
        f"buckets of {size(sum(t.buckets))} in all",
    }
    heading = f"{run.model}: {t.n_parameters / 1e6:.1f} million parameters, {run.batchsize} items a step and rank"
    return [heading, *(f"  {name:13}  {text}" for name, text in rows.items())]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def scaling(runs: Sequence[Run]) -> str:
    """Speed by number of ranks. Efficiency is the speed of a rank over that in the run with the fewest of them."""
    first = min(runs, key=lambda run: run.ranks)
    rows = [("ranks", "items/s", "per rank", "efficiency", "step", "overlap", "memory a rank")]
    for run in sorted(runs, key=lambda run: run.ranks):
        t = run.training
        efficiency = f"{t.items_per_second / first.training.items_per_second:.0%}"
        speeds = (f"{t.items_per_second * run.ranks:.4g}", f"{t.items_per_second:.4g}")
        rows.append((str(run.ranks), *speeds, efficiency, seconds(t.step), f"{t.overlap:.0%}", size(t.memory)))
    return "\n".join(table(rows))


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def seconds(value: float) -> str:
    """Seconds with the prefix that suits them."""
    factor, unit = next(((f, u) for f, u in ((1, "s"), (1e3, "ms")) if value * f >= 1), (1e6, "us"))
    return f"{value * factor:.3g} {unit}"


def size(nbytes: float) -> str:
    """Bytes with the prefix that suits them."""
    factor, unit = next(((f, u) for f, u in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")) if nbytes >= f), (1, "B"))
    return f"{nbytes / factor:.3g} {unit}"
