"""Snapshots: training that can be resumed, models that are not lost."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chainer.serializers.hdf5 import load_hdf5
from chainer.serializers.npz import load_npz
from chainer.training.extension import Extension
from chainer.training.extensions import _snapshot_files
from chainer.training.extensions._serialized_state import SerializedState
from chainer.training.extensions.snapshot_writers import SimpleWriter, Writer
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


def snapshot_object(
    target: Any, filename: str | Callable[[Trainer], str], savefun: Callable[..., None] | None = None, **kwargs: Any
) -> _Snapshot:
    """Extension that saves an object, for example a model, once an epoch.

    Args:
        target: What to save: anything with a ``serialize`` method.
        filename: Name of the file: a format string of the trainer, or a function of it.
        savefun: Function of a path and an object that saves it; ``None`` is :func:`chainer.serializers.save_npz`.
        kwargs: As for :func:`snapshot`.

    Example:
        >>> from chainer.training import extensions, triggers
        >>> import chainer.links as L
        >>> keep_best = extensions.snapshot_object(L.Linear(3, 2), "best.npz")
        >>> highest = triggers.MaxValueTrigger("validation/main/accuracy")  # trainer.extend(keep_best, trigger=highest)
    """
    return snapshot(savefun, filename, target=target, **kwargs)


def snapshot(
    savefun: Callable[..., None] | None = None,
    filename: str | Callable[[Trainer], str] = "snapshot_iter_{.updater.iteration}",
    **kwargs: Any,
) -> _Snapshot:
    """Extension that saves the trainer once an epoch, so that training can be resumed from there.

    A file appears when it is complete and on the disk. To resume, load one into a trainer made by the same script:
    ``chainer.serializers.load_npz("result/snapshot_iter_600", trainer)``, or pass ``autoload=True``.

    Ctrl-C and SIGTERM save a snapshot of the trainer, whatever the trigger and ``snapshot_on_error`` say: it is taken
    between two iterations and resumes exactly. It is not taken where ``condition`` forbids it, by a trigger that
    selects the best value (the file is to hold the best, not the latest), nor of another ``target``. An error, on the
    other hand, may strike in the middle of an update; the state after it cannot be resumed from, but may tell what
    went wrong. It is saved only with ``snapshot_on_error=True``.

    Args:
        savefun: Function of a path and an object that saves it; ``None`` is :func:`chainer.serializers.save_npz`.
        filename: Name of the file in the trainer's ``out``: a format string of the trainer, or a function of it.
        target: What to save; ``None`` is the trainer.
        condition: Function without arguments that tells, each time the trigger fires, whether to save.
        writer: One of :mod:`chainer.training.extensions.snapshot_writers`; ``None`` writes at once, with ``savefun``.
        snapshot_on_error: Whether to save when an iteration raises.
        n_retains: How many files to keep, older ones are deleted; -1 keeps all. The last complete one is always kept.
        autoload: Whether to resume from the newest file in ``out``, if there is one, when training starts. A file that
            is not complete is passed over with a warning.

    Raises:
        TypeError: An unknown argument, or both ``savefun`` and ``writer``.
        ValueError: ``n_retains`` or ``autoload`` with a function as ``filename``: old files cannot be found then.

    Example:
        >>> from chainer.training import extensions
        >>> resumable = extensions.snapshot(n_retains=2, autoload=True)  # trainer.extend(resumable)
    """
    target, condition, writer, snapshot_on_error, n_retains, autoload = argument.parse_kwargs(
        kwargs,
        ("target", None),
        ("condition", None),
        ("writer", None),
        ("snapshot_on_error", False),
        ("n_retains", -1),
        ("autoload", False),
    )
    if savefun is not None:
        if writer is not None:
            raise TypeError("savefun and writer arguments cannot be specified together; pass savefun to the writer")
        writer = SimpleWriter(savefun)
    return _Snapshot(target, condition, writer, filename, snapshot_on_error, n_retains, autoload)


class _Snapshot(Extension):
    """The extension behind :func:`snapshot` and :func:`snapshot_object`."""

    trigger = (1, "epoch")
    priority = -100

    def __init__(
        self,
        target: Any = None,
        condition: Callable[[], bool] | None = None,
        writer: Writer | None = None,
        filename: str | Callable[[Trainer], str] = "snapshot_iter_{.updater.iteration}",
        snapshot_on_error: bool = False,
        n_retains: int = -1,
        autoload: bool = False,
    ) -> None:
        if callable(filename) and (autoload or n_retains > 0):
            raise ValueError("n_retains and autoload need filename to be a format string, got a function")
        self._target = target
        self.filename = filename
        self.condition = _always if condition is None else condition
        self.writer = SimpleWriter() if writer is None else writer
        self._snapshot_on_error = snapshot_on_error
        self.n_retains = n_retains
        self.autoload = autoload
        self._out: str | None = None
        self._saved_iteration: int | None = None

    def initialize(self, trainer: Trainer) -> None:
        """Loads the newest snapshot, if it is to."""
        if not self.autoload:
            return
        for path in _snapshot_files.find(self._format(), trainer.out):
            defect = _snapshot_files.defect(path)
            if defect is None:
                _load(path, trainer if self._target is None else self._target)
                return
            warnings.warn(f"snapshot {path} is passed over: {defect}", stacklevel=2)

    def __call__(self, trainer: Trainer) -> None:
        """Saves a snapshot, if the condition allows it."""
        if self.condition():
            self._make_snapshot(trainer)

    def on_error(self, trainer: Trainer, exc: Exception, tb: TracebackType | None) -> None:
        """Saves a snapshot of what has gone wrong, if it is to."""
        if self._snapshot_on_error:
            self._make_snapshot(trainer)

    def on_interrupt(self, trainer: Trainer) -> None:
        """Saves a snapshot to resume from, unless the trigger has just had one saved."""
        if self._target is None and self._saved_iteration != trainer.updater.iteration and self.condition():
            self._make_snapshot(trainer)

    def finalize(self) -> None:
        """Waits until everything is written."""
        self.writer.finalize()
        self._remove_stale()

    def _make_snapshot(self, trainer: Trainer) -> None:
        target = trainer if self._target is None else self._target
        filename = self.filename(trainer) if callable(self.filename) else self.filename.format(trainer)
        self._out = os.fspath(trainer.out)
        self.writer(filename, self._out, SerializedState.of(target))
        self._saved_iteration = trainer.updater.iteration
        # A writer that works in the background has not written the file yet: one more than asked for stays meanwhile.
        self._remove_stale()

    def _remove_stale(self) -> None:
        if self.n_retains > 0 and self._out is not None:
            _snapshot_files.remove_stale(self._format(), self._out, self.n_retains)

    def _format(self) -> str:
        assert isinstance(self.filename, str)
        return self.filename


def _always() -> bool:
    return True


def _load(path: Path, target: Any) -> None:
    try:
        (load_hdf5 if _snapshot_files.is_hdf5(path) else load_npz)(os.fspath(path), target)
    except Exception as error:
        error.add_note(f"while resuming from snapshot {path}; move it away to start anew")
        raise
