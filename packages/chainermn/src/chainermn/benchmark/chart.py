"""The scaling curve as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainermn.benchmark.report import Run, size


def write(runs: Sequence[Run], path: Path) -> None:
    """Draws speed by number of ranks, beside the bandwidth of an allreduce by its size.

    Args:
        runs: At least one.
        path: A file whose suffix matplotlib knows, such as ``.png``.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure = new_figure()
    speed, bandwidth = figure.subplots(1, 2)
    _draw_speed(speed, sorted(runs, key=lambda run: run.ranks))
    _draw_bandwidth(bandwidth, [run for run in runs if run.ranks > 1])
    first = runs[0]
    figure.suptitle(f"{first.model}, {first.batchsize} items a rank, {first.communicator} communicator")
    figure.savefig(path, dpi=120)


def new_figure() -> Any:
    """An empty figure.

    Raises:
        ImportError: matplotlib is not installed; the message names the extra.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("the chart needs matplotlib: pip install 'chainermn[plot]'", name="matplotlib") from error
    return Figure(figsize=(11, 4.5), layout="constrained")


def _draw_speed(axes: Any, runs: Sequence[Run]) -> None:
    ranks = [run.ranks for run in runs]
    per_rank = [run.training.items_per_second for run in runs]
    ideal = [n * per_rank[0] for n in ranks]
    axes.plot(ranks, ideal, "--", color="gray", label="ideal")
    axes.plot(ranks, [n * v for n, v in zip(ranks, per_rank)], "o-", label="measured")
    for n, v in zip(ranks, per_rank):
        axes.annotate(f"{v / per_rank[0]:.0%}", (n, n * v), (0, -16), textcoords="offset points", ha="center")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(ranks, list(map(str, ranks)))
    axes.set_yticks(ideal, [f"{value:.3g}" for value in ideal])
    axes.margins(0.1, 0.2)
    axes.set_xlabel("ranks")
    axes.set_ylabel("items a second in all")
    axes.set_title("speed of training, and its share of the ideal")
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_bandwidth(axes: Any, runs: Sequence[Run]) -> None:
    axes.set_title("bandwidth of an allreduce, sent by each rank")
    axes.set_xlabel("bytes")
    axes.set_ylabel("GB/s")
    if not runs:
        axes.text(0.5, 0.5, "one rank sends nothing", ha="center", transform=axes.transAxes)
        return
    for run in runs:
        sizes = [timing.nbytes for timing in run.allreduce]
        axes.plot(sizes, [timing.bandwidth / 1e9 for timing in run.allreduce], "o-", label=f"{run.ranks} ranks")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: size(value))
    axes.grid(alpha=0.3)
    axes.legend()
