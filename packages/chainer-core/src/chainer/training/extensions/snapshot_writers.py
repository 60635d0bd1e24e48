"""How a snapshot gets to the disk: at once, or by a thread or process while training goes on.

Whatever the way, a file is never seen half-written, and an error of a worker is raised where the next snapshot is
taken or the writer is finalized.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.util
import os
import queue
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from chainer.serializers.npz import save_npz
from chainer.training.extensions._serialized_state import SerializedState
from chainer.utils.atomic_file import replacing

SaveFunction = Callable[..., None]

_SECONDS_BETWEEN_LOOKS = 5.0  # of an idle process at whether the training is still alive
_JOB_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# Workers are forked, as a script without an ``if __name__ == "__main__"`` cannot be imported a second time.
_processes = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)


class Writer:
    """Base of snapshot writers."""

    def __call__(self, filename: str, outdir: str, target: SerializedState) -> None:
        """Writes a snapshot, or sees to it.

        Args:
            filename: Name of the file.
            outdir: Directory to write to.
            target: Arrays by key. They may change as soon as this returns.
        """
        raise NotImplementedError(f"{type(self).__name__} must override __call__")

    def finalize(self) -> None:
        """Waits until everything is written."""

    def save(self, filename: str, outdir: str, target: SerializedState, savefun: SaveFunction, **kwds: Any) -> None:
        """Writes a snapshot now; the file appears when it is complete.

        Args:
            filename: Name of the file.
            outdir: Directory to write to.
            target: What to write.
            savefun: Function of a path and ``target`` that writes it, such as :func:`chainer.serializers.save_npz`.
            kwds: Further arguments of ``savefun``.

        Raises:
            OSError: The file cannot be written.
        """
        with replacing(os.path.join(outdir, filename)) as unfinished:
            savefun(os.fspath(unfinished), target, **kwds)


class SimpleWriter(Writer):
    """Writes at once; training waits.

    Args:
        savefun: Function of a path and an object that writes it.
        kwds: Further arguments of ``savefun``.
    """

    def __init__(self, savefun: SaveFunction = save_npz, **kwds: Any) -> None:
        self._savefun = savefun
        self._kwds = kwds

    def __call__(self, filename: str, outdir: str, target: SerializedState) -> None:
        """Writes a snapshot."""
        self.save(filename, outdir, target, self._savefun, **self._kwds)


class StandardWriter(Writer):
    """Base of writers that start a worker for each snapshot. The next one waits until the last is done.

    Args:
        savefun: Function of a path and an object that writes it.
        kwds: Further arguments of ``savefun``.
    """

    def __init__(self, savefun: SaveFunction = save_npz, **kwds: Any) -> None:
        self._savefun = savefun
        self._kwds = kwds
        self._worker: Any = None

    def __call__(self, filename: str, outdir: str, target: SerializedState) -> None:
        """Starts to write a snapshot.

        Raises:
            Exception: The last snapshot could not be written.
        """
        self.finalize()
        self._worker = self.create_worker(filename, outdir, target, **self._kwds)
        _start(self._worker)

    def create_worker(self, filename: str, outdir: str, target: SerializedState, **kwds: Any) -> Any:
        """An object with ``start`` and ``join`` that writes a snapshot in between.

        Args:
            filename: Name of the file.
            outdir: Directory to write to.
            target: Arrays by key.
            kwds: Further arguments of the function that saves.
        """
        raise NotImplementedError(f"{type(self).__name__} must override create_worker")

    def finalize(self) -> None:
        """Waits for the worker.

        Raises:
            Exception: The snapshot could not be written.
        """
        worker, self._worker = self._worker, None
        if worker is not None:
            _join(worker)


class ThreadWriter(StandardWriter):
    """Writes each snapshot in a thread of its own, from a copy."""

    def create_worker(self, filename: str, outdir: str, target: SerializedState, **kwds: Any) -> Any:
        """A thread that writes a snapshot."""
        return _Thread(self.save, filename, outdir, target.copied(), self._savefun, **kwds)


class ProcessWriter(StandardWriter):
    """Writes each snapshot in a process of its own, which holds the memory as it was when it was started.

    Forking a process that uses a GPU is not safe with all drivers; use :class:`ThreadWriter` there.
    """

    def create_worker(self, filename: str, outdir: str, target: SerializedState, **kwds: Any) -> Any:
        """A process that writes a snapshot."""
        return _process(self.save, filename, outdir, target, self._savefun, **kwds)


class QueueWriter(Writer):
    """Base of writers with one worker that writes snapshots one after the other; training never waits.

    Args:
        savefun: Function of a path and an object that writes it.
        task: Callable of a file name, a directory and a snapshot that writes it; ``None`` is a :class:`SimpleWriter`.
    """

    def __init__(self, savefun: SaveFunction = save_npz, task: Callable[[str, str, Any], None] | None = None) -> None:
        self._task = self.create_task(savefun) if task is None else task
        self._queue = self.create_queue()
        self._consumer = self.create_consumer(self._queue)
        self._finalized = False
        _start(self._consumer)

    def __call__(self, filename: str, outdir: str, target: SerializedState) -> None:
        """Queues a snapshot."""
        self._queue.put((self._task, filename, outdir, target.copied()))

    def create_task(self, savefun: SaveFunction) -> Callable[[str, str, Any], None]:
        """What writes one snapshot."""
        return SimpleWriter(savefun=savefun)

    def create_queue(self) -> Any:
        """The queue between training and worker."""
        raise NotImplementedError(f"{type(self).__name__} must override create_queue")

    def create_consumer(self, q: Any) -> Any:
        """An object with ``start`` and ``join`` that runs :meth:`consume` in between."""
        raise NotImplementedError(f"{type(self).__name__} must override create_consumer")

    def consume(self, q: Any) -> None:
        """Writes what comes through the queue until ``None`` comes.

        Raises:
            Exception: The first error, after everything else has been written.
        """
        first_error: Exception | None = None
        while (item := self._receive(q)) is not None:
            task, filename, outdir, target = item
            try:
                task(filename, outdir, target)
            except Exception as error:
                first_error = first_error or error
        if first_error is not None:
            raise first_error

    def _receive(self, q: Any) -> Any:
        return q.get()

    def finalize(self) -> None:
        """Waits until the queue is empty and ends the worker.

        Raises:
            Exception: A snapshot could not be written.
        """
        if not self._finalized:
            self._finalized = True
            self._queue.put(None)
            _join(self._consumer)


class ThreadQueueWriter(QueueWriter):
    """Writes all snapshots in one thread, from copies."""

    def create_queue(self) -> Any:
        """A queue between threads."""
        return queue.Queue()

    def create_consumer(self, q: Any) -> Any:
        """A thread."""
        return _Thread(self.consume, q)


class ProcessQueueWriter(QueueWriter):
    """Writes all snapshots in one process, from copies.

    Make it before anything uses a GPU: the process is forked when the writer is made.
    """

    def create_queue(self) -> Any:
        """A queue between processes."""
        q = _processes.Queue()
        # A writer that nobody finalizes ends at exit, and writes what it has got first. The queue is closed at 10.
        multiprocessing.util.Finalize(None, q.put, args=(None,), exitpriority=20)
        return q

    def create_consumer(self, q: Any) -> Any:
        """A process."""
        return _process(self.consume, q, daemon=True)

    def _receive(self, q: Any) -> Any:
        parent = multiprocessing.parent_process()
        while parent is None or parent.is_alive():
            try:
                return q.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                continue
        return None

    def finalize(self) -> None:
        """Waits until the queue is empty and ends the worker.

        Raises:
            RuntimeError: A snapshot could not be written; the worker has told why on stderr.
        """
        if not self._consumer.is_alive():
            # Nobody will read the rest, so nobody shall wait for it at exit.
            self._queue.cancel_join_thread()
        super().finalize()


class _Thread(threading.Thread):
    """Thread that keeps the error it ends with."""

    def __init__(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        super().__init__(daemon=True)
        self._call = (function, args, kwargs)
        self.error: Exception | None = None

    def run(self) -> None:
        function, args, kwargs = self._call
        try:
            function(*args, **kwargs)
        except Exception as error:
            self.error = error


def _process(function: Callable[..., None], *args: Any, daemon: bool = False, **kwargs: Any) -> Any:
    return _processes.Process(target=_ignoring_signals, args=(function, *args), kwargs=kwargs, daemon=daemon)


def _ignoring_signals(function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    # A terminal sends Ctrl-C, and a scheduler SIGTERM, to all processes of a job. They are for the trainer, which takes
    # a last snapshot and waits until it is written.
    for number in _JOB_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _JOB_SIGNALS)
    function(*args, **kwargs)


def _start(worker: Any) -> None:
    with warnings.catch_warnings(), _signals_blocked():
        # Python 3.12 warns of forking a process with threads. The worker takes none of their locks.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        worker.start()


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Makes signals wait, here and in a process forked meanwhile, until that is ready to ignore them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _JOB_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _join(worker: Any) -> None:
    worker.join()
    error = getattr(worker, "error", None)
    if error is not None:
        raise error
    if getattr(worker, "exitcode", 0) not in (0, None):
        raise RuntimeError(f"the process that writes snapshots ended with exit code {worker.exitcode}; see its output")
