"""Ctrl-C and SIGTERM that wait for the end of an iteration.

Between two iterations model, optimizer, iterator and log agree, so a snapshot taken there resumes exactly; in the
middle of one they do not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

_SIGNALS: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
_STDERR = 2

# Each tells whether the job is being ended because another process of it has failed, which that one reports. A signal
# is then the launcher's, who waits for no iteration: to announce the end of this one would mislead. They are asked
# inside a signal handler, so they must not wait for anything.
failed_elsewhere: list[Callable[[], bool]] = []


class Interruption:
    """Context manager that notes the first SIGINT or SIGTERM instead of stopping at once; a second one does stop.

    Only handlers that are Python's own are replaced, and only in the main thread: whoever installed another one wants
    to decide for themselves.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._replaced: dict[int, Any] = {}
        self._process = os.getpid()

    @property
    def is_requested(self) -> bool:
        """Whether a signal has arrived."""
        return self._received is not None

    def leave(self) -> None:
        """Raises ``KeyboardInterrupt``, or ``SystemExit`` with the status that shells know: 128 + signal."""
        _raise(self._received)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number, default in _SIGNALS.items():
                if signal.getsignal(number) == default:
                    self._replaced[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._replaced.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A forked worker has inherited the handler but runs no iterations: it dies, as its pool expects.
            signal.signal(number, _SIGNALS[number])
            os.kill(os.getpid(), number)
            return
        if self.is_requested:
            _raise(number)
        self._received = number
        if any(has_failed() for has_failed in failed_elsewhere):
            return
        message = f"{signal.Signals(number).name}: training stops after this iteration; send it again to stop at once\n"
        # Not through sys.stderr, which may be in the middle of a write of its own. A closed one is no reason to fail.
        with contextlib.suppress(OSError):
            os.write(_STDERR, message.encode())


def _raise(number: int | None) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    assert number is not None
    raise SystemExit(128 + number)
