"""Progress of a training."""

from __future__ import annotations

import collections
import contextlib
import datetime
import time
from typing import TYPE_CHECKING, Any, TextIO

from chainer.training.extension import Extension
from chainer.training.extensions._console import bar, is_live, status, write_line

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

_SECONDS_BETWEEN_LINES = 5.0


class ProgressBar(Extension):
    """Shows how far training is, how fast, and when it will be done.

    On a terminal and in a notebook it draws two bars, of all of the training and of this epoch. Anywhere else, in the
    log of a batch job for example, it writes a plain line, and not more than one in five seconds.

    Args:
        training_length: Length and unit, such as ``(20, 'epoch')``; ``None`` is that of the stop trigger.
        update_interval: Iterations between two updates.
        bar_length: Width of a bar in characters.
        out: Where to write; ``None`` is stdout.
    """

    def __init__(
        self,
        training_length: tuple[float, str] | None = None,
        update_interval: int = 100,
        bar_length: int = 50,
        out: TextIO | None = None,
    ) -> None:
        self._training_length = training_length
        self._update_interval = update_interval
        self._bar_length = bar_length
        self._out = out
        self._open = contextlib.ExitStack()
        self._lines: list[Any] = []
        self._recent: collections.deque[tuple[float, float, int]] = collections.deque(maxlen=100)
        self._last_line = float("-inf")

    def initialize(self, trainer: Trainer) -> None:
        """Finds out how long training is, and starts the clock."""
        if self._training_length is None and hasattr(trainer.stop_trigger, "get_training_length"):
            self._training_length = trainer.stop_trigger.get_training_length()
        self._note(trainer)

    def __call__(self, trainer: Trainer) -> None:
        """Updates what is shown, if it is time."""
        if trainer.updater.iteration % self._update_interval:
            return
        self._note(trainer)
        if is_live(self._out):
            self._draw(trainer)
        else:
            self._write(trainer)

    def finalize(self) -> None:
        """Removes the bars."""
        self._open.close()
        self._lines = []

    def _note(self, trainer: Trainer) -> None:
        self._recent.append((time.monotonic(), trainer.updater.epoch_detail, trainer.updater.iteration))

    def _draw(self, trainer: Trainer) -> None:
        if not self._lines:
            self._lines = [
                self._open.enter_context(bar("     total", self._bar_length, self._out, 0)),
                self._open.enter_context(bar("this epoch", self._bar_length, self._out, 1)),
                self._open.enter_context(status(self._out, 2)),
                self._open.enter_context(status(self._out, 3)),
            ]
        total, epoch, counts, speed = self._lines
        total(self._fraction(trainer) or 0.0)
        epoch(trainer.updater.epoch_detail % 1)
        counts(self._counts(trainer))
        speed(self._speed(trainer))

    def _write(self, trainer: Trainer) -> None:
        now = time.monotonic()
        if now - self._last_line < _SECONDS_BETWEEN_LINES:
            return
        self._last_line = now
        fraction = self._fraction(trainer)
        percent = "" if fraction is None else f"{fraction:7.2%}, "
        write_line(self._out, f"{percent}{self._counts(trainer)}, {self._speed(trainer)}")

    def _fraction(self, trainer: Trainer) -> float | None:
        if self._training_length is None:
            return None
        length, unit = self._training_length
        updater = trainer.updater
        return float(updater.iteration if unit == "iteration" else updater.epoch_detail) / length

    def _counts(self, trainer: Trainer) -> str:
        text = f"{trainer.updater.iteration} iter, {trainer.updater.epoch} epoch"
        if self._training_length is None:
            return text
        length, unit = self._training_length
        return f"{text} / {length} {unit}s"

    def _speed(self, trainer: Trainer) -> str:
        (begin, epoch_begin, iteration_begin), (end, epoch_end, iteration_end) = self._recent[0], self._recent[-1]
        seconds = end - begin
        if seconds <= 0 or iteration_end == iteration_begin:
            return "speed not known yet"
        speed = (iteration_end - iteration_begin) / seconds
        text = f"{speed:.5g} iters/sec"
        if self._training_length is None:
            return text
        length, unit = self._training_length
        if unit == "epoch":
            speed, left = (epoch_end - epoch_begin) / seconds, length - epoch_end
        else:
            left = length - iteration_end
        eta = datetime.timedelta(seconds=round(max(left, 0) / speed)) if speed > 0 else "unknown"
        return f"{text}. Estimated time to finish: {eta}"


class ProgressBarNotebook(ProgressBar):
    """A :class:`ProgressBar`, which knows by itself when it is in a notebook. The name is kept for old notebooks."""

    @property
    def default_name(self) -> str:
        """Name that the trainer uses if it is given none."""
        return "ProgressBar"
