"""The training loop."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from chainer.reporter import Observation, Reporter
from chainer.serializer import AbstractSerializer, Serializer
from chainer.training import _random_state
from chainer.training._interruption import Interruption
from chainer.training.extension import PRIORITY_READER, Extension
from chainer.training.triggers._get_trigger import Trigger, get_trigger
from chainer.utils import argument


@dataclasses.dataclass(slots=True)
class _ExtensionEntry:
    extension: Any
    trigger: Trigger
    priority: int
    call_before_training: bool


class Trainer:
    """Calls an updater until the stop trigger fires, and extensions in between.

    One iteration is: ask ``stop_trigger``, call ``updater.update()``, then, from the highest priority to the lowest,
    each extension whose trigger fires. What is reported meanwhile is in :attr:`observation`.

    Ctrl-C and SIGTERM let the iteration in progress end, have :func:`~chainer.training.extensions.snapshot` save the
    trainer, and leave with ``KeyboardInterrupt`` and ``SystemExit(143)``; a second one stops at once. This holds where
    the handlers of these signals are Python's own and :meth:`run` is called from the main thread.

    A snapshot of a trainer holds the updater with its models, optimizers and iterators, the extensions, the triggers
    and the state of the global random generators of Python and NumPy, so that a resumed run is the same, to the last
    bit, as one that was never stopped.

    Args:
        updater: Does an iteration.
        stop_trigger: When to stop: a pair such as ``(20, 'epoch')``, or any other trigger. ``None`` is never.
        out: Directory to write to; :meth:`run` makes it.
        extensions: Extensions to :meth:`extend` with.

    Attributes:
        observation: Values reported in the current iteration, by name.
        reporter: The reporter that fills it; it knows the models of all optimizers and their links.

    Example:
        >>> import tempfile
        >>> import chainer
        >>> from chainer import training
        >>> import chainer.links as L
        >>> import numpy as np
        >>> model = L.Classifier(L.Linear(3, 2))
        >>> optimizer = chainer.optimizers.SGD().setup(model)
        >>> data = [(np.ones(3, "float32"), np.int32(i % 2)) for i in range(8)]
        >>> iterator = chainer.iterators.SerialIterator(data, 4)
        >>> updater = training.StandardUpdater(iterator, optimizer)
        >>> with tempfile.TemporaryDirectory() as out:
        ...     trainer = training.Trainer(updater, (3, "epoch"), out=out)
        ...     trainer.run()
        >>> updater.iteration
        6
    """

    def __init__(
        self,
        updater: Any,
        stop_trigger: Any = None,
        out: str | os.PathLike[str] = "result",
        extensions: Iterable[Any] | None = None,
    ) -> None:
        self.updater: Any = updater
        self.stop_trigger = get_trigger(stop_trigger)
        self.observation: Observation = {}
        self.out = out
        self.reporter = Reporter()
        for name, optimizer in updater.get_all_optimizers().items():
            self.reporter.add_observer(name, optimizer.target)
            self.reporter.add_observers(name, optimizer.target.namedlinks(skipself=True))

        self._extensions: dict[str, _ExtensionEntry] = {}
        self._done = False
        self._start_at: float | None = None
        self._snapshot_elapsed_time = 0.0  # of the runs before this one
        self._final_elapsed_time: float | None = None

        updater.connect_trainer(self)
        for extension in extensions or ():
            self.extend(extension)

    @property
    def elapsed_time(self) -> float:
        """Seconds of training, those before the snapshot included.

        Raises:
            RuntimeError: :meth:`run` has not been called.
        """
        if self._start_at is None:
            raise RuntimeError("training has not been started yet")
        return self._elapsed()

    def _elapsed(self) -> float:
        if self._final_elapsed_time is not None:
            return self._final_elapsed_time
        since_start = 0.0 if self._start_at is None else time.perf_counter() - self._start_at
        return since_start + self._snapshot_elapsed_time

    @property
    def is_before_training(self) -> bool:
        """Whether no update has been done."""
        return bool(self.updater.iteration == 0)

    def extend(
        self,
        extension: Any,
        name: str | None = None,
        trigger: Any = None,
        priority: int | None = None,
        *,
        call_before_training: bool = False,
        **kwargs: Any,
    ) -> None:
        """Adds an extension.

        Args:
            extension: An :class:`~chainer.training.Extension`, or any function of the trainer.
            name: Its name. ``None`` is its own ``name`` or ``default_name``; if that is taken, ``_1``, ``_2``, ... is
                put behind.
            trigger: When to call it. ``None`` is its own ``trigger``, or every iteration.
            priority: ``None`` is its own ``priority``, or ``PRIORITY_READER``.
            call_before_training: Whether to call it once more before the first iteration of a fresh training.

        Raises:
            TypeError: It has no name, or is not callable.
            ValueError: The name is ``'training'``, which means the training data elsewhere.
        """
        argument.check_unexpected_kwargs(
            kwargs,
            invoke_before_training="invoke_before_training has been removed; use an initializer instead",
        )
        argument.assert_kwargs_empty(kwargs)
        if not callable(extension):
            raise TypeError(f"extension must be callable with the trainer, got {type(extension).__name__}")
        if name is None:
            name = _own_name(extension)
        if name == "training":
            raise ValueError("the name 'training' is prohibited for an extension; pass another name")
        name = self._unused(name)
        if hasattr(extension, "name"):
            extension.name = name
        self._extensions[name] = _ExtensionEntry(
            extension,
            get_trigger(getattr(extension, "trigger", Extension.trigger) if trigger is None else trigger),
            getattr(extension, "priority", PRIORITY_READER) if priority is None else priority,
            call_before_training,
        )

    def _unused(self, name: str) -> str:
        if name not in self._extensions:
            return name
        ordinal = 1
        while f"{name}_{ordinal}" in self._extensions:
            ordinal += 1
        return f"{name}_{ordinal}"

    def get_extension(self, name: str) -> Any:
        """The extension of a name.

        Raises:
            ValueError: There is none.
        """
        if name not in self._extensions:
            raise ValueError(f"extension {name} not found; there are {', '.join(self._extensions) or 'none'}")
        return self._extensions[name].extension

    def run(self, show_loop_exception_msg: bool = True) -> None:
        """Trains until the stop trigger fires.

        Whatever happens, all extensions and the updater are finalized at the end. If an iteration raises, the
        ``on_error`` of each extension is called first.

        Args:
            show_loop_exception_msg: Whether to print the error of an iteration to stderr before finalizing, which may
                take a while or fail itself.

        Raises:
            RuntimeError: The training is already done.
            OSError: ``out`` cannot be written.
        """
        if self._done:
            raise RuntimeError("cannot run training loop multiple times")
        _make_writable(self.out)
        entries = sorted(self._extensions.values(), key=lambda entry: -entry.priority)
        if self._final_elapsed_time is not None:  # a run before this one has failed
            self._snapshot_elapsed_time, self._final_elapsed_time = self._final_elapsed_time, None
        self._start_at = time.perf_counter()
        try:
            self._initialize(entries)
            try:
                self._loop(entries)
            except Exception as error:
                if show_loop_exception_msg:
                    _show(error)
                for entry in entries:
                    _call_despite_errors(getattr(entry.extension, "on_error", None), self, error, error.__traceback__)
                raise
        finally:
            self._final_elapsed_time = self._elapsed()
            self._finalize(entries)
        self._done = True

    def _initialize(self, entries: list[_ExtensionEntry]) -> None:
        # What an extension resumes from has to be loaded before any of them looks at it.
        for entry in sorted(entries, key=lambda entry: not getattr(entry.extension, "autoload", False)):
            initialize = getattr(entry.extension, "initialize", None)
            if initialize is not None:
                initialize(self)

    def _loop(self, entries: list[_ExtensionEntry]) -> None:
        update = self.updater.update
        with Interruption() as interruption:
            if self.is_before_training:
                for entry in entries:
                    if entry.call_before_training:
                        entry.extension(self)
            while not self.stop_trigger(self):
                self.observation = {}
                with self.reporter.scope(self.observation):
                    update()
                    for entry in entries:
                        if entry.trigger(self):
                            entry.extension(self)
                if interruption.is_requested:
                    self._tell_interrupted(entries)
                    break
            if interruption.is_requested:
                interruption.leave()

    def _tell_interrupted(self, entries: list[_ExtensionEntry]) -> None:
        for entry in entries:
            # An extension that keeps the best of something is not asked to keep the latest.
            if not getattr(entry.trigger, "selects_best", False):
                _call_despite_errors(getattr(entry.extension, "on_interrupt", None), self)

    def _finalize(self, entries: list[_ExtensionEntry]) -> None:
        finalizers = [getattr(entry.extension, "finalize", None) for entry in entries]
        errors = []
        for finalize in [*finalizers, self.updater.finalize]:
            try:
                if finalize is not None:
                    finalize()
            except Exception as error:  # the others have files to close as well
                errors.append(error)
        if errors and sys.exc_info()[0] is None:
            raise errors[0]
        for later in errors:
            _show(later, "finalization")

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores everything that the iterations to come depend on."""
        self.updater.serialize(serializer["updater"])
        if hasattr(self.stop_trigger, "serialize"):
            self.stop_trigger.serialize(serializer["stop_trigger"])
        for name, entry in self._extensions.items():
            if hasattr(entry.extension, "serialize"):
                entry.extension.serialize(serializer["extensions"][name])
            if hasattr(entry.trigger, "serialize"):
                entry.trigger.serialize(serializer["extension_triggers"][name])
        _random_state.serialize(serializer["random_state"])
        if isinstance(serializer, Serializer):
            serializer("_snapshot_elapsed_time", self._elapsed())
        else:
            self._snapshot_elapsed_time = serializer("_snapshot_elapsed_time", 0.0)


def _own_name(extension: Any) -> str:
    for attribute in ("name", "default_name", "__name__"):
        name = getattr(extension, attribute, None)
        if name is not None:
            return str(name)
    raise TypeError("name is not given for the extension; pass it to extend, or give the extension a default_name")


def _make_writable(out: str | os.PathLike[str]) -> None:
    """Makes the directory, and finds out before the first epoch whether it can be written."""
    try:
        os.makedirs(out, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise OSError(
            error.errno,
            f"cannot write to the output directory {os.fspath(out)!r} ({error.strerror}); choose another `out`",
        ) from error


def _call_despite_errors(handler: Callable[..., None] | None, *args: Any) -> None:
    """Calls one of several handlers; if it fails, the others and the error they handle still have their turn."""
    if handler is None:
        return
    try:
        handler(*args)
    except Exception as error:
        _show(error, "error handler")


def _show(error: Exception, where: str = "main training loop") -> None:
    sys.stderr.write(f"Exception in {where}: {error}\nTraceback (most recent call last):\n")
    traceback.print_tb(error.__traceback__)
    if where == "main training loop":
        sys.stderr.write("Will finalize trainer extensions and updater before reraising the exception.\n")
