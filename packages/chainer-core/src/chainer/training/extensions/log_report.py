"""Log of the means of what was observed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer, Serializer
from chainer.training._resume import optional_child
from chainer.training.extension import Extension
from chainer.training.extensions._log_formats import write_log
from chainer.training.triggers._get_trigger import get_trigger
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class LogReport(Extension):
    """Collects the mean of each observed value over an interval, and writes them all to a file.

    Each entry also has ``epoch``, ``iteration`` and ``elapsed_time`` in seconds. The file is replaced as a whole at the
    end of each interval, so that whoever reads it never sees half of it.

    Args:
        keys: Names of the values to log; ``None`` is all.
        trigger: When an interval ends: a trigger, or its period and unit. (When to *observe* is up to the trigger with
            which the trainer is extended: every iteration, unless you say otherwise.)
        postprocess: Function of the entry, which it may change, before it is logged.
        filename: Name of the file in the trainer's ``out``; ``None`` is ``log``. With the suffix ``.csv`` it is a
            table, with ``.jsonl`` one JSON object a line, with any other a JSON list. ``log_{epoch}.json``
            puts in a value of the last entry. ``''`` writes no file.
        log_name: Former name of ``filename``; ``None`` writes no file.

    Raises:
        TypeError: An unknown argument.
    """

    def __init__(
        self,
        keys: Iterable[str] | None = None,
        trigger: Any = (1, "epoch"),
        postprocess: Callable[[dict[str, Any]], None] | None = None,
        filename: str | None = None,
        **kwargs: Any,
    ) -> None:
        (log_name,) = argument.parse_kwargs(kwargs, ("log_name", "log"))
        self._keys = None if keys is None else list(keys)
        self._trigger = get_trigger(trigger)
        self._postprocess = postprocess
        self._log_name = log_name if filename is None else filename
        self._log: list[dict[str, Any]] = []
        self._summary = DictSummary()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The entries so far, the oldest first."""
        return self._log

    def __call__(self, trainer: Trainer) -> None:
        """Adds the observation and, at the end of an interval, an entry."""
        observation = trainer.observation
        if self._keys is not None:
            observation = {key: observation[key] for key in self._keys if key in observation}
        self._summary.add(observation)
        if not self._trigger(trainer):
            return
        entry: dict[str, Any] = {name: float(mean) for name, mean in self._summary.compute_mean().items()}
        entry["epoch"] = trainer.updater.epoch
        entry["iteration"] = trainer.updater.iteration
        entry["elapsed_time"] = trainer.elapsed_time
        if self._postprocess is not None:
            self._postprocess(entry)
        self._log.append(entry)
        self._summary = DictSummary()
        if self._log_name:
            write_log(os.path.join(trainer.out, self._log_name.format(**entry)), self._log)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the log and the interval in progress."""
        optional_child(self._trigger, serializer["_trigger"])
        self._summary.serialize(serializer["_summary"])
        if isinstance(serializer, Serializer):
            serializer("_log", json.dumps(self._log))
        else:
            self._log = json.loads(str(serializer("_log", json.dumps(self._log))))
