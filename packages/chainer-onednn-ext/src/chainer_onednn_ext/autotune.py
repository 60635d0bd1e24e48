"""The fastest way of a convolution, found by trying all of them: ``chainer.config.autotune = True``.

A convolution of a shape that is new to this machine takes some times longer once. What was the fastest is kept in a
file of the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``), one for each kind of processor and release of
this package; it can be deleted at any time. Ways differ in the last bits of their results, so two machines may too.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainer.types import NdArray, Shape

import chainer_onednn_ext
from chainer_onednn_ext import _core

FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS = range(3)
_FORMAT = 1
_REPEATS = 3
_KEY = re.compile(r"\d{1,9} [012]( -?\d{1,9}){16}", re.ASCII)  # threads, direction, geometry


class Choices:
    """The fastest candidates by shape, in a file.

    Args:
        path: The file. It need not be there; if it is damaged, or cannot be written, trying starts anew.
        clock: Tells the time in seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}
        self._threads_ready: set[int] = set()

    def ensure(self, direction: int, geometry: Shape, run: Callable[[], object | None]) -> None:
        """Sees to it that the fastest candidate is set for a shape.

        Args:
            direction: What is convolved, as in ``candidates.hpp``.
            geometry: The fields of ``ConvShape``.
            run: Does it by the candidate that is set, or returns ``None``.
        """
        threads = _core.get_num_threads()
        key = _key(threads, direction, geometry)
        if key in self._known and threads in self._threads_ready:
            return
        with self._lock:
            if threads not in self._threads_ready:
                self._apply(threads)
            if key not in self._known:
                self._known[key] = self._fastest(direction, geometry, run)
                self._save()
            _core.set_choice(direction, geometry, self._known[key])

    def _fastest(self, direction: int, geometry: Shape, run: Callable[[], object | None]) -> int:
        rule = _core.choose_candidate(direction, geometry)
        seconds = {}
        for candidate in range(_core.CANDIDATES):
            _core.set_choice(direction, geometry, candidate)
            if run() is not None:  # the first time makes what later ones use again
                seconds[candidate] = min(self._time(run) for _ in range(_REPEATS))
        return min(seconds, key=lambda candidate: seconds[candidate], default=rule)

    def _time(self, run: Callable[[], object | None]) -> float:
        begin = self._clock()
        run()
        return self._clock() - begin

    def _apply(self, threads: int) -> None:
        """Sets what the file knows for a number of threads."""
        self._known = {**self._read(), **self._known}
        for key, candidate in self._known.items():
            of_threads, direction, *geometry = map(int, key.split())
            if of_threads == threads:
                _core.set_choice(direction, tuple(geometry), candidate)
        self._threads_ready.add(threads)

    def _read(self) -> dict[str, int]:
        try:
            content = json.loads(self.path.read_text())
            if content["format"] != _FORMAT:
                return {}
            return {str(key): candidate for key, candidate in content["choices"].items() if _is_valid(key, candidate)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _save(self) -> None:
        content = {"format": _FORMAT, "choices": {**self._read(), **self._known}}  # other processes write to it too
        with contextlib.suppress(OSError):  # without the file the choice holds as long as the process
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            try:
                with os.fdopen(handle, "w") as file:
                    json.dump(content, file, indent=0)
                os.replace(temporary, self.path)
            except OSError:
                os.unlink(temporary)
                raise


def _key(threads: int, direction: int, geometry: Shape) -> str:
    return " ".join(map(str, (threads, direction, *geometry)))


def _is_valid(key: str, candidate: Any) -> bool:
    return bool(_KEY.fullmatch(key)) and type(candidate) is int and 0 <= candidate < _core.CANDIDATES


def default_path() -> Path:
    """The file of this machine's kind of processor and this release."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    processor = "".join(c if c.isalnum() else "-" for c in _processor())
    versions = f"{chainer_onednn_ext.__version__}-onednn-{_core.onednn_version()}"
    return root / "chainer" / f"convolutions-{versions}-{processor}.json"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


@functools.cache
def choices() -> Choices:
    """Those of this process."""
    return Choices(default_path())


def conv_forward(
    x: NdArray, W: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, out_size: Shape
) -> None:
    """Tries a convolution of channels-last images, if this shape is new."""

    def run() -> object | None:
        convolution = _core.conv_forward_last(x, W, stride, pad, dilate, groups, out_size)
        return None if convolution is None else convolution.run(None, None, None, False)

    size = (*x.shape, *out_size, W.shape[0], *W.shape[2:])
    choices().ensure(FORWARD, (*size, *stride, *pad, *dilate, groups), run)


def conv_backward_data(
    gy: NdArray, W: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, in_size: Shape
) -> None:
    """Tries the gradient by the images, if this shape is new."""
    size = (gy.shape[0], *in_size, W.shape[1] * groups, *gy.shape[1:3], W.shape[0], *W.shape[2:])
    choices().ensure(
        BACKWARD_DATA,
        (*size, *stride, *pad, *dilate, groups),
        lambda: _core.conv_backward_data_last(gy, W, stride, pad, dilate, groups, in_size),
    )


def conv_backward_weights(
    x: NdArray, gy: NdArray, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape
) -> None:
    """Tries the gradient by the filters, if this shape is new."""
    size = (*x.shape, *gy.shape[1:3], gy.shape[3], *ksize)
    choices().ensure(
        BACKWARD_WEIGHTS,
        (*size, *stride, *pad, *dilate, groups),
        lambda: _core.conv_backward_weights_last(x, gy, stride, pad, dilate, groups, ksize),
    )
