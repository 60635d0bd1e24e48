"""What a worker process of :class:`MultiprocessIterator` does, and the messages it understands."""

from __future__ import annotations

import mmap
import os
import pickle
import random
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any

import numpy

from chainer.iterators._shared_arena import aligned, attach


@dataclass(frozen=True, slots=True)
class Task:
    """Examples to read.

    Args:
        chunk: Number of the task.
        indices: Which examples.
        seed: State in which the global generators are put before.
        region: Where to put arrays: address of the arena, first byte and number of bytes.
    """

    chunk: int
    indices: list[int]
    seed: int
    region: tuple[tuple[str, int], int, int] | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task.

    Args:
        chunk: Number of the task.
        examples: Pickle of the list of examples.
        sizes: Bytes of the arrays that are not in the pickle but in the region, one after the other, aligned.
            ``None``: the pickle has all.
        needed: Bytes that a region must have for these examples.
    """

    chunk: int
    examples: bytes
    sizes: list[int] | None
    needed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the dataset.

    Args:
        chunk: Number of the task.
        index: The example.
        error: Pickle of the exception, or ``None`` if it has none.
        description: Type and message.
        traceback: As text.
    """

    chunk: int
    index: int
    error: bytes | None
    description: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """The worker has done its share and ends."""


def work(dataset: Any, tasks: Connection, lock: Any, results: Connection, max_examples: int | None) -> None:
    """Body of a worker process.

    Args:
        dataset: Where to read.
        tasks: Where all workers take tasks from.
        lock: Held while taking one.
        results: Where to, for this worker alone.
        max_examples: End after so many, if it is given.
    """
    # Ctrl-C on a terminal reaches the workers, too; the parent decides. A handler of the parent is not ours.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    arena: mmap.mmap | None = None
    arena_address: tuple[str, int] | None = None
    n_examples = 0
    while max_examples is None or n_examples < max_examples:
        with lock:
            task: Task = pickle.loads(tasks.recv_bytes())
        region = None
        if task.region is not None:
            address, start, size = task.region
            if address != arena_address:
                arena, arena_address = attach(address), address
            if arena is not None:
                region = memoryview(arena)[start : start + size]
        _send(results, _perform(dataset, task, region))
        n_examples += len(task.indices)
    _send(results, Farewell())


def _perform(dataset: Any, task: Task, region: memoryview | None) -> Result | Failure:
    numpy.random.seed(task.seed)
    random.seed(task.seed)
    index = task.indices[0]
    try:
        examples = []
        for index in task.indices:
            examples.append(dataset[index])
        return _pack(task.chunk, examples, region)
    except BaseException as error:
        return Failure(task.chunk, index, _pickled(error), f"{type(error).__name__}: {error}", traceback.format_exc())


def _pack(chunk: int, examples: list[Any], region: memoryview | None) -> Result:
    # Protocol 5 leaves the contents of arrays aside, wherever in the examples they are.
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(examples, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    needed = sum(aligned(view.nbytes) for view in views)
    if not views or region is None or needed > len(region):
        whole = pickle.dumps(examples, protocol=5) if views else stream
        return Result(chunk, whole, None, needed)
    start = 0
    for view in views:
        region[start : start + view.nbytes] = view
        start += aligned(view.nbytes)
    return Result(chunk, stream, [view.nbytes for view in views], needed)


def _pickled(error: BaseException) -> bytes | None:
    try:
        content = pickle.dumps(error)
        pickle.loads(content)  # many exceptions can be written, but not read
        return content
    except Exception:
        return None


def _send(results: Connection, message: Result | Failure | Farewell) -> None:
    results.send_bytes(pickle.dumps(message, protocol=5))


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    # The sentinel alone does not do: processes forked later hold its other end, too. And under a fork server the
    # system's parent is that server.
    above = os.getppid()
    while os.getppid() == above:
        if connection.wait([parent.sentinel], timeout=2):
            break
    os._exit(1)
