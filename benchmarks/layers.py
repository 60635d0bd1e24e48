"""``python -m benchmarks layers NAME``: what each routine of our CPU kernels takes, and how near to the peak it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report, work
from benchmarks.connection import Worker, WorkerFailure
from benchmarks.peers import PEERS
from benchmarks.workload import Workload

Call = Mapping[str, Any]

ROWS = 40


def main(argv: Sequence[str]) -> int:
    """Run the command; the status is 0 if the work could be profiled."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks layers",
        description="Tell the time, GFLOP/s and share of the peak of each routine of chainer-onednn-ext in a step.",
    )
    parser.add_argument("name", help="a network: alexnet, vgg16, resnet50, googlenet_bn, nin; or any benchmark")
    parser.add_argument("--threads", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder of the picture")
    arguments = parser.parse_args(argv)
    try:
        workload = find(arguments.name)
    except ValueError as error:
        parser.error(str(error))
    try:
        with Worker(PEERS["chainer"], arguments.threads) as worker:
            worker.ask("facts")
            variant = worker.ask("prepare", case=workload.name)[0]
            found = worker.ask("layers", variant=variant)
    except WorkerFailure as error:
        print(f"{workload.name}: FAILED: {error}", file=sys.stderr)
        return 1
    print(text(workload, arguments.threads, found))
    draw(workload, arguments.threads, found, arguments.out)
    return 0


def find(name: str) -> Workload:
    """Return a benchmark by its name, or the training of a network by the network's.

    Raises:
        ValueError: There is none.
    """
    networks = [workload for workload in work.load("networks") if workload.unit == "s"]
    for workload in networks:
        if workload.name in (f"networks/{name}_train", f"networks/{name}_backward"):
            return workload
    return work.load(name)[0]


def text(workload: Workload, threads: int, found: Mapping[str, Any]) -> str:
    """Return the tables: of the step, of the kinds of routines, and of the heaviest calls."""
    calls, peak = found["calls"], found["peak"]
    kinds = sorted({call["routine"] for call in calls}, key=lambda kind: -_sum(calls, "seconds", kind))
    inside = sum(call["seconds"] for call in calls)
    reorders = ", ".join(f"{count:g} {kind}" for kind, count in sorted(found["reorders"].items())) or "none"
    of_step = [
        ("benchmark", f"{workload.name}: {workload.summary}; {threads} thread(s)"),
        ("a step", report.quantity(found["seconds"], "s")),
        ("in routines", f"{report.quantity(inside, 's')}, while profiled"),
        ("GFLOP/s", f"{sum(call['flops'] for call in calls) / found['seconds'] / 1e9:.0f} of the whole step"),
        ("peak", f"{peak / 1e9:.0f} GFLOP/s, a large matrix product by NumPy's BLAS"),
        ("copy", f"{found['bandwidth'] / 1e9:.1f} GB/s"),
        ("reorders", f"{reorders}, a step"),
    ]
    header = ("share", "ms", "calls", "GFLOP/s", "of peak", "GB/s", "routine")
    by_kind = [(*_figures([call for call in calls if call["routine"] == kind], inside, peak), kind) for kind in kinds]
    heaviest = sorted(calls, key=lambda call: -call["seconds"])[:ROWS]
    by_call = [(*_figures([call], inside, peak), label(call)) for call in heaviest]
    return "\n\n".join(map(report.table, (of_step, [header, *by_kind], [header, *by_call])))


def label(call: Call) -> str:
    """Name a call by its routine and the shapes of its arrays."""
    return f"{call['routine']} {shapes_of(call)}"


def shapes_of(call: Call) -> str:
    """Tell the shapes of the arrays of a call, but for those of one number a channel."""
    return " ".join("x".join(map(str, shape)) for shape in call["shapes"] if len(shape) > 1)


def _figures(calls: Sequence[Call], inside: float, peak: float) -> tuple[str, ...]:
    seconds, flops, size = (_sum(calls, key) for key in ("seconds", "flops", "bytes"))
    rate = flops / seconds
    return (
        f"{seconds / inside:.1%}",
        f"{1e3 * seconds:.2f}",
        f"{_sum(calls, 'calls'):.0f}",
        f"{rate / 1e9:.0f}" if flops else "",
        f"{rate / peak:.0%}" if flops else "",
        f"{size / seconds / 1e9:.1f}",
    )


def _sum(calls: Sequence[Call], key: str, kind: str | None = None) -> float:
    return float(sum(call[key] for call in calls if kind in (None, call["routine"])))


def draw(workload: Workload, threads: int, found: Mapping[str, Any], folder: Path) -> None:
    """Draw the heaviest calls, if matplotlib is installed."""
    try:
        from benchmarks import chart
    except ImportError as error:
        print(f"no chart: {error}; pip install matplotlib", file=sys.stderr)
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"layers-{workload.name.replace('/', '-')}-{threads}.png"
    heaviest = sorted(found["calls"], key=lambda call: -call["seconds"])[:ROWS]
    names = [f"{call['calls']} x {shapes_of(call)}" for call in heaviest]
    chart.layers(f"{workload.name}, {threads} thread(s)", heaviest, names, found["peak"], path)
    print(f"\nwrote {path}")
