"""What each routine of our CPU kernels takes in a step, beside the best that the machine can do."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.worker.timing import elapsed

if TYPE_CHECKING:
    from benchmarks.workload import Step

    Report = dict[str, Any]
    Shapes = tuple[tuple[int, ...], ...]

STEPS = 3
GEMM_SIZE = 2048
COPY_BYTES = 2**27


def report(step: Step) -> Report:
    """Return the medians over some steps.

    Of each routine and shapes: ``calls``, ``seconds`` of all of them, their ``flops`` and the ``bytes`` of the arrays
    that they read and wrote. Of the step: its ``seconds`` without the profiler, and how often images were reordered.
    Of the machine: ``peak`` in FLOP/s of a large matrix product and ``bandwidth`` in bytes/s of a large copy.
    """
    import chainer_onednn_ext  # ours alone

    step()
    step()
    chainer_onednn_ext.reorders.clear()
    seconds = [elapsed(step, 1) for _ in range(STEPS)]
    reorders = {kind: count / STEPS for kind, count in chainer_onednn_ext.reorders.items()}
    found: dict[tuple[str, Shapes], list[list[float]]] = {}
    for i in range(STEPS):
        with chainer_onednn_ext.profile() as calls:
            step()
        for call in calls:
            found.setdefault((call.routine, call.shapes), [[] for _ in range(STEPS)])[i].append(call.seconds)
    return {
        "seconds": statistics.median(seconds),
        "peak": peak(),
        "bandwidth": bandwidth(),
        "reorders": reorders,
        "calls": [
            {
                "routine": routine,
                "shapes": shapes,
                "calls": len(times[-1]),
                "seconds": statistics.median(map(sum, times)),
                "flops": len(times[-1]) * flops(routine, shapes),
                "bytes": len(times[-1]) * 4 * sum(int(np.prod(shape)) for shape in shapes),
            }
            for (routine, shapes), times in found.items()
        ],
    }


def flops(routine: str, shapes: Shapes) -> int:
    """Return the floating-point operations of a convolution or matrix product by its definition; 0 for others.

    So a routine that gets along with fewer, as Winograd's does, may exceed the peak.
    """
    sizes = [int(np.prod(shape)) for shape in shapes]
    if routine == "matmul":  # (m, k), (k, n) and (m, n), two of them perhaps transposed
        return 2 * round(float(sizes[0]) ** 0.5 * float(sizes[1]) ** 0.5 * float(sizes[2]) ** 0.5)
    for way, y, W in (("conv_forward", -1, 1), ("conv_backward_data", 0, 1), ("conv_backward_weights", 1, -1)):
        if routine.startswith(way):
            return 2 * sizes[y] * sizes[W] // shapes[W][0]
    return 0


def peak() -> float:
    """Return the FLOP/s of a large product of matrices by NumPy's BLAS, the best of some."""
    a, b = (np.random.RandomState(i).standard_normal((GEMM_SIZE, GEMM_SIZE)).astype(np.float32) for i in range(2))
    c = np.empty_like(a)
    return 2 * GEMM_SIZE**3 / fastest(lambda: np.dot(a, b, c))


def bandwidth() -> float:
    """Return the bytes/s that a large copy reads and writes, the best of some; NumPy copies with one thread."""
    a = np.ones(COPY_BYTES, np.uint8)
    b = np.empty_like(a)
    return 2 * COPY_BYTES / fastest(lambda: np.copyto(b, a))


def fastest(work: Any) -> float:
    """Return the seconds of the fastest of some calls."""
    times = []
    for _ in range(8):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
