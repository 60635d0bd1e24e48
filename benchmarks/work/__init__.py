"""The workloads, one idea a file. A new file with a ``WORKLOADS`` tuple is a new benchmark."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.workload import Workload


def names() -> list[str]:
    """Return the names of all benchmarks, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> tuple[Workload, ...]:
    """Return the workloads of the benchmark ``name``; ``name/case`` selects one of them.

    Raises:
        ValueError: There is no such benchmark or case.
    """
    family = name.partition("/")[0]
    if family not in names():
        raise ValueError(f"benchmark must be one of {', '.join(names())}, got {name!r}")
    workloads: tuple[Workload, ...] = importlib.import_module(f"{__name__}.{family}").WORKLOADS
    chosen = tuple(workload for workload in workloads if name in (family, workload.name))
    if not chosen:
        raise ValueError(f"case must be one of {', '.join(w.name for w in workloads)}, got {name!r}")
    return chosen
