"""Memory at the peak of a training step."""

from __future__ import annotations

import gc
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.workload import Step

STEPS = 3  # the first fills optimizer states, the others show what one step leaves to the next


def peak(step: Step) -> int:
    """Return how many bytes the resident memory of the process rises above its level before the first step.

    So imported code, data and parameters do not count: they are what the frameworks share, or what no user can
    change. The kernel keeps the high-water mark; Linux alone lets a process reset it.

    Raises:
        RuntimeError: This is not Linux.
    """
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        raise RuntimeError("the peak of memory can be measured on Linux only: there is no /proc/self/clear_refs")
    gc.collect()
    reset.write_text("5")
    before = status("VmRSS")
    for _ in range(STEPS):
        step()
    return status("VmHWM") - before


def status(field: str) -> int:
    """Return a field of the process status, in bytes."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/self/status has no field {field}")
    return int(found.group(1)) * 1024
