"""Worker processes that read examples, as their parent sees them."""

from __future__ import annotations

import collections
import multiprocessing
import os
import pickle
import signal
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from chainer.iterators._shared_arena import SharedArena, aligned
from chainer.iterators._worker import Failure, Farewell, Result, Task, work
from chainer.iterators._worker_error import explain

# Tasks that may lie in the pipe, in bytes. Below the size of a pipe (64 KiB), so that the parent never waits for
# a worker that itself waits to get rid of a result.
_MAX_QUEUED = 48 * 1024
MAX_CHUNK = 2048  # examples in a task; its message must be much smaller than _MAX_QUEUED


Outcome: TypeAlias = "tuple[int, list[Any] | BaseException, int]"


@dataclass(slots=True)
class _Worker:
    process: Any
    results: Connection
    retired: bool = False


class WorkerDied(RuntimeError):
    """A worker process ended without being told to."""


class WorkerPool:
    """Processes that take tasks from one queue. There is no thread: all happens in calls of the parent.

    Args:
        dataset: What the workers read.
        n_processes: Number of workers.
        max_examples: Replace a worker after so many examples, if it is given.
    """

    def __init__(self, dataset: Any, n_processes: int, max_examples: int | None) -> None:
        self._dataset = dataset
        self._max_examples = max_examples
        self._context: Any = multiprocessing.get_context()
        self._owner = os.getpid()
        self._lock = self._context.Lock()
        self._tasks, self._queue = self._context.Pipe(duplex=False)
        self._backlog: collections.deque[tuple[int, bytes]] = collections.deque()
        self._queued: dict[int, int] = {}  # bytes of the tasks that were sent and not answered
        self._regions: dict[int, int] = {}  # of the arena, by chunk
        self._wanted: dict[int, list[int]] = {}  # chunks that somebody waits for, and their indices
        self._workers: list[_Worker] = []
        self._n_started = 0
        self._n_chunks = 0
        self.arena: SharedArena | None = None
        self.closed = False
        try:
            for _ in range(n_processes):
                self._workers.append(self._start())
        except BaseException:
            self.close()
            raise

    @property
    def pids(self) -> list[int]:
        """Process numbers of the workers."""
        return [worker.process.pid for worker in self._workers]

    def submit(self, indices: list[int], seed: int) -> int:
        """Starts to read examples; returns the number under which :meth:`receive` yields them."""
        chunk = self._n_chunks
        self._n_chunks += 1
        region = None
        if self.arena is not None and self.arena.free:
            self._regions[chunk] = number = self.arena.free.popleft()
            region = (self.arena.address, number * self.arena.region_size, self.arena.region_size)
        message = pickle.dumps(Task(chunk, indices, seed, region), protocol=5)
        self._wanted[chunk] = indices
        self._backlog.append((chunk, message))
        self._send_backlog()
        return chunk

    def forget(self) -> None:
        """Nobody wants any more what was submitted."""
        self._wanted.clear()
        for chunk, _ in self._backlog:
            self._release(chunk)
        self._backlog.clear()

    def receive(self, timeout: float | None) -> Iterator[Outcome]:
        """Waits for results.

        Args:
            timeout: Seconds after which to give up.

        Yields:
            Number, examples or what the dataset raised, and the bytes of region that the examples would need.

        Raises:
            WorkerDied: A worker was killed, or its dataset ended the process.
        """
        by_connection = {worker.results: worker for worker in self._workers}
        by_sentinel = {worker.process.sentinel: worker for worker in self._workers}
        ready = connection.wait([*by_connection, *by_sentinel], timeout)
        for key in ready:
            if key in by_connection:
                yield from self._read(by_connection[key])
        for key in ready:
            if key in by_sentinel:
                worker = by_sentinel[key]
                while worker.results.poll() and (yield from self._read(worker)):
                    pass  # what it sent before its end counts
                self._replace(worker)
        self._send_backlog()

    def make_arena(self, region_size: int, n_regions: int) -> None:
        """Lets arrays come through shared memory from now on, where the system has it."""
        try:
            self.arena = SharedArena(region_size, n_regions)
        except OSError:
            self.arena = None

    def close(self) -> None:
        """Ends the workers. May be called more than once, and does nothing in a forked process."""
        if self.closed or os.getpid() != self._owner:
            return
        self.closed = True
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(timeout=1)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
            worker.results.close()
        self._tasks.close()
        self._queue.close()
        if self.arena is not None:
            self.arena.close()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=work,
            name=f"MultiprocessIterator-{self._n_started}",
            args=(self._dataset, self._tasks, self._lock, theirs, self._max_examples),
            daemon=True,
        )
        self._n_started += 1
        with warnings.catch_warnings():
            # Python warns that a fork may copy a lock that another thread holds. A worker uses the dataset and
            # its pipes alone; whoever wants none of it calls multiprocessing.set_start_method("forkserver").
            warnings.filterwarnings("ignore", r".*multi-threaded, use of fork\(\)", DeprecationWarning)
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _send_backlog(self) -> None:
        queued = sum(self._queued.values())
        while self._backlog and (not queued or queued + len(self._backlog[0][1]) <= _MAX_QUEUED):
            chunk, message = self._backlog.popleft()
            self._queued[chunk] = len(message)
            self._queue.send_bytes(message)
            queued += len(message)

    def _release(self, chunk: int) -> None:
        region = self._regions.pop(chunk, None)
        if region is not None and self.arena is not None:
            self.arena.free.append(region)

    def _read(self, worker: _Worker) -> Generator[Outcome, None, bool]:
        """Reads one message; returns whether there was one."""
        try:
            message = pickle.loads(worker.results.recv_bytes())
        except (EOFError, OSError):
            return False  # it has ended, of which its sentinel tells
        if isinstance(message, Farewell):
            worker.retired = True
            return True
        chunk = message.chunk
        del self._queued[chunk]
        wanted = self._wanted.pop(chunk, None) is not None
        outcome: list[Any] | BaseException
        try:
            outcome = _revive(message, worker.process) if isinstance(message, Failure) else self._unpack(message)
        except Exception as error:  # what can be written need not be readable
            outcome = error
        self._release(chunk)
        if wanted:
            yield chunk, outcome, getattr(message, "needed", 0)
        return True

    def _unpack(self, result: Result) -> list[Any]:
        if result.sizes is None:
            return pickle.loads(result.examples)
        assert self.arena is not None
        # One copy for all arrays of the chunk: they keep it alive together.
        content = self.arena.read(self._regions[result.chunk], sum(map(aligned, result.sizes)))
        buffers, start = [], 0
        for size in result.sizes:
            buffers.append(content[start : start + size])
            start += aligned(size)
        return pickle.loads(result.examples, buffers=buffers)

    def _replace(self, worker: _Worker) -> None:
        worker.process.join()
        if not worker.retired:
            raise self._died(worker)
        worker.process.close()
        worker.results.close()
        self._workers[self._workers.index(worker)] = self._start()

    def _died(self, worker: _Worker) -> WorkerDied:
        name, pid, status = worker.process.name, worker.process.pid, worker.process.exitcode
        indices = sorted(i for chunk in self._queued if chunk in self._wanted for i in self._wanted[chunk])
        shown = ", ".join(map(str, indices[:10])) + (", ..." if len(indices) > 10 else "")
        self.close()
        cause = f"exited with status {status}"
        if status < 0:
            cause = f"was killed by {signal.Signals(-status).name}"
            if status == -signal.SIGKILL:
                cause += " (the system does so when memory runs out)"
        return WorkerDied(f"worker process {name} (pid {pid}) {cause} while examples [{shown}] were being read")


def _revive(failure: Failure, process: Any) -> BaseException:
    if failure.error is not None:
        error = pickle.loads(failure.error)
    else:
        error = RuntimeError(f"the dataset raised {failure.description}")
    return explain(error, failure.index, f"process {process.name} (pid {process.pid})", failure.traceback)
