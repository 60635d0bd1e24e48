"""What a worker can be asked to do; each public method is a request."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from benchmarks import work
from benchmarks.worker import facts, layers, memory, numbers, profiling, timing

if TYPE_CHECKING:
    from benchmarks.workload import Step, Steps, Workload


class Session:
    """One framework with a fixed number of threads, and the workload that it holds ready."""

    def __init__(self, framework: str, threads: int) -> None:
        self._framework = framework
        self._threads = threads
        self._workload: Workload
        self._steps: Steps

    def facts(self) -> dict[str, str]:
        """Import the framework, set its threads, and return the versions of all that will run."""
        module = importlib.import_module(self._framework)
        if self._framework == "torch":
            module.set_num_threads(self._threads)
        return facts.facts(module)

    def prepare(self, case: str, small: bool = False) -> list[str]:
        """Build a workload afresh, or its small form, and return the names of its variants."""
        (workload,) = work.load(case)
        self._workload = workload.small() if small else workload
        self._steps = getattr(self._workload, self._framework)()
        return list(self._steps)

    def calibrate(self, variant: str, seconds: float) -> int:
        """Warm up, and return the number of steps that take that long; of several ranks, a fixed number."""
        if self._workload.ranks > 1:  # by their own clocks they would count differently, and wait for each other
            return timing.warm_up(self._step(variant))
        return timing.calibrate(self._step(variant), seconds)

    def measure(self, variant: str, loops: int) -> float:
        """Return the seconds that an operation takes, averaged over a loop."""
        return timing.measure(self._step(variant), loops) / self._workload.operations

    def peak(self, variant: str) -> int:
        """Return the bytes by which a training step raises the memory of this process at its peak."""
        return memory.peak(self._step(variant))

    def numbers(self, variant: str) -> list[numbers.Fingerprint]:
        """Return the fingerprints of what the first steps compute; to be asked right after `prepare`."""
        return numbers.fingerprints(self._step(variant))

    def profile(self, variant: str, seconds: float) -> list[profiling.Row]:
        """Return where the time of a step goes, the heaviest function first."""
        return profiling.profile(self._step(variant), seconds)

    def layers(self, variant: str) -> layers.Report:
        """Return what the routines of our CPU kernels took in a step, and what this machine can do at best."""
        return layers.report(self._step(variant))

    def _step(self, variant: str) -> Step:
        return self._steps[variant]
