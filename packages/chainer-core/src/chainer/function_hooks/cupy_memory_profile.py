"""GPU memory of functions."""

from __future__ import annotations

from typing import Any, TextIO

from chainer._stopwatch import print_table
from chainer.backends import cuda
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.types import Arrays

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB", "ZB")


class CupyMemoryProfileHook(FunctionHook):
    """Counts the bytes that each function takes from CuPy's memory pool, and that the pool takes from the GPU.

    Attributes:
        call_history: Name of a function, bytes used and bytes acquired, for each call.

    Raises:
        RuntimeError: CUDA is not available.
    """

    name = "CupyMemoryProfileHook"

    def __init__(self) -> None:
        cuda.check_cuda_available()
        self.call_history: list[tuple[str, int, int]] = []
        self._started: list[tuple[int, int]] = []
        self._meter = _make_meter()

    def added(self, function: FunctionNode | None) -> None:
        self._meter.__enter__()

    def deleted(self, function: FunctionNode | None) -> None:
        self._meter.__exit__()

    def forward_preprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._start()

    def forward_postprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._stop(function)

    def backward_preprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._start()

    def backward_postprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._stop(function)

    def _start(self) -> None:
        self._started.append((self._meter.used_bytes, self._meter.acquired_bytes))

    def _stop(self, function: FunctionNode) -> None:
        used, acquired = self._started.pop()
        name = type(function._old_style_function or function).__name__
        self.call_history.append((name, self._meter.used_bytes - used, self._meter.acquired_bytes - acquired))

    def total_used_bytes(self) -> int:
        """Bytes that all functions took from the pool."""
        return sum(used for _, used, _ in self.call_history)

    def total_acquired_bytes(self) -> int:
        """Bytes that the pool took from the GPU for all functions."""
        return sum(acquired for _, _, acquired in self.call_history)

    def summary(self) -> dict[str, dict[str, int]]:
        """``used_bytes``, ``acquired_bytes`` and ``occurrence``, by the name of the function."""
        table: dict[str, dict[str, int]] = {}
        for name, used, acquired in self.call_history:
            row = table.setdefault(name, {"used_bytes": 0, "acquired_bytes": 0, "occurrence": 0})
            row["used_bytes"] += used
            row["acquired_bytes"] += acquired
            row["occurrence"] += 1
        return table

    def print_report(self, unit: str = "auto", file: TextIO | None = None) -> None:
        """Prints the summary as a table.

        Args:
            unit: ``'B'``, ``'KB'``, ``'MB'``, ... (each 1024 of the one before), or ``'auto'`` for what fits the
                largest number.
            file: Where to; standard output unless given.

        Raises:
            ValueError: ``unit`` is none of these.
        """
        rows = self.summary()
        if unit == "auto":
            unit = _unit_of(max([max(r["used_bytes"], r["acquired_bytes"]) for r in rows.values()], default=0))
        if unit not in _UNITS:
            raise ValueError(f"unit must be auto, {', '.join(_UNITS)}, got {unit!r}")
        size = 1024 ** _UNITS.index(unit)
        cells = [
            (
                name,
                f"{r['used_bytes'] / size:.2f}{unit}",
                f"{r['acquired_bytes'] / size:.2f}{unit}",
                str(r["occurrence"]),
            )
            for name, r in rows.items()
        ]
        print_table(("FunctionName", "UsedBytes", "AcquiredBytes", "Occurrence"), cells, file)


def _unit_of(size: int) -> str:
    """The largest unit in which a number of bytes is at least 1."""
    return _UNITS[min(max(size.bit_length() - 1, 0) // 10, len(_UNITS) - 1)]


def _make_meter() -> Any:
    """A hook on CuPy's allocator. Its class is made here, since its base is there only with CuPy."""

    class Meter(cuda.cupy.cuda.memory_hook.MemoryHook):
        name = "CupyMemoryProfileHook"

        def __init__(self) -> None:
            self.used_bytes = 0
            self.acquired_bytes = 0

        def alloc_preprocess(self, **kwargs: Any) -> None:
            self.acquired_bytes += kwargs["mem_size"]

        def malloc_preprocess(self, **kwargs: Any) -> None:
            self.used_bytes += kwargs["mem_size"]

    return Meter()
