"""What this package tells of itself in ``chainer.print_runtime_info()``."""

from __future__ import annotations

from collections import Counter

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import declined, reorders


def describe() -> dict[str, object]:
    """Names and values of this moment, for ``chainer.backends.kernels.explain``."""
    in_use, kept = [f"{n_bytes / 2**20:.1f} MiB" for n_bytes in _core.memory_pool_bytes()]
    return {
        "oneDNN": _core.onednn_version(),
        "instructions of oneDNN": _core.onednn_isa(),
        "instructions of own kernels": _core.own_isa(),
        "threads": _core.get_num_threads(),
        "memory of large arrays": f"{in_use} in use, {kept} kept for the next ones",
        "images brought to another layout": _counts(reorders),
        "left to the plain body": _counts(declined),
    }


def _counts(counter: Counter[str]) -> str:
    return ", ".join([f"{name} {n}x" for name, n in sorted(counter.items())]) or "none so far"
