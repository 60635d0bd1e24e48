"""Seconds per step.

The garbage collector stays on, as it is in the training loops of users, so what it costs a framework is measured;
it runs once before each measurement, so that no garbage of earlier ones is paid for in it.
"""

from __future__ import annotations

import gc
import itertools
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.workload import Step

WARM_UP_SECONDS = 0.2
LONG_SECONDS = 1.0
"""Longer steps need no step before them: what cold caches cost is lost in it."""
WARM_UP_STEPS, TIMED_STEPS = 4, 3  # of ranks together


def calibrate(step: Step, seconds: float) -> int:
    """Warm up, then return how many steps take at least ``seconds``."""
    until = time.perf_counter() + WARM_UP_SECONDS
    if elapsed(step, 1) > max(LONG_SECONDS, seconds):
        return 1
    while time.perf_counter() < until:
        step()
    loops, taken = 1, elapsed(step, 1)
    while taken < seconds:
        # A tenth more than needed, and never more than tenfold at once: short loops are poor rulers.
        loops = min(10 * loops, int(1.1 * loops * seconds / taken) + 1)
        taken = elapsed(step, loops)
    return loops


def warm_up(step: Step) -> int:
    """Warm up by a fixed number of steps, and return how many to time."""
    elapsed(step, WARM_UP_STEPS)
    return TIMED_STEPS


def measure(step: Step, loops: int) -> float:
    """Return the seconds per step of one loop."""
    gc.collect()
    first = elapsed(step, 1)  # caches and clock have cooled down while the peers were measured
    return first if loops == 1 and first > LONG_SECONDS else elapsed(step, loops) / loops


def elapsed(step: Step, loops: int) -> float:
    """Return the seconds that ``loops`` steps take."""
    start = time.perf_counter()
    for _ in itertools.repeat(None, loops):
        step()
    return time.perf_counter() - start
