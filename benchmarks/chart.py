"""A picture of the ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks.report import Run

BAR = 0.8  # of the height of a benchmark, shared by its peers


def write(run: Run, path: Path) -> None:
    """Draw the median of each ratio as a bar from 1, with whiskers from the smallest to the largest."""
    peers = [name for name in run.facts if name != run.subject]
    cases = [measurement.case for measurement in run.measurements]
    figure = Figure(figsize=(9, 1.5 + 0.35 * len(cases) * max(1, len(peers))), layout="constrained")
    axes = figure.subplots()
    height = BAR / max(1, len(peers))
    for i, peer in enumerate(peers):
        found = [(row, m.ratio(run.subject, peer)) for row, m in enumerate(run.measurements)]
        bars = [(row, ratio) for row, ratio in found if ratio is not None]
        if not bars:
            continue
        y = [row - BAR / 2 + (i + 0.5) * height for row, _ in bars]
        median = [ratio.median for _, ratio in bars]
        below = [ratio.median - ratio.minimum for _, ratio in bars]
        above = [ratio.maximum - ratio.median for _, ratio in bars]
        axes.barh(y, [m - 1 for m in median], height, left=1, xerr=(below, above), capsize=2, label=f"to {peer}")
        for position, (_, ratio) in zip(y, bars, strict=True):
            end = max(1, ratio.maximum), position
            axes.annotate(f"{ratio.median:.2f}", end, (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.1)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(cases)), cases)
    axes.invert_yaxis()
    axes.set_xlabel(f"{run.subject} / peer, per round: median, min and max (left of 1: {run.subject} takes less)")
    axes.set_title(f"{run.plan.threads} thread(s), {run.date:%Y-%m-%d}")
    if axes.containers:
        figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)


def layers(title: str, calls: Sequence[Mapping[str, Any]], names: Sequence[str], peak: float, path: Path) -> None:
    """Draw the time of each call as a bar, in the colour of its routine and with its share of the peak."""
    routines = list(dict.fromkeys(call["routine"] for call in calls))
    figure = Figure(figsize=(11, 1.5 + 0.22 * len(calls)), layout="constrained")
    axes = figure.subplots()
    for routine in routines:
        rows = [row for row, call in enumerate(calls) if call["routine"] == routine]
        axes.barh(rows, [1e3 * calls[row]["seconds"] for row in rows], BAR, label=routine)
    for row, call in enumerate(calls):
        share = f"{call['flops'] / call['seconds'] / peak:.0%} of peak" if call["flops"] else ""
        end = 1e3 * call["seconds"], row
        axes.annotate(share, end, (4, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set_yticks(range(len(calls)), names, fontsize=7)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.set_xlabel("ms in a step")
    axes.set_title(title)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)
