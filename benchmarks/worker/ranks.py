"""Several processes that take a step together: what the first one is asked, all do."""

from __future__ import annotations

import os
import sys
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

MEETING_PLACE = "BENCH_MEETING_PLACE"
"""The environment variable that names a folder for the ranks of one worker."""

PATIENCE = 30.0  # seconds for the others to start


def rank() -> int:
    """Return the number of this process, as mpiexec tells it."""
    return int(os.environ.get("OMPI_COMM_WORLD_RANK", "0"))


def size() -> int:
    """Return the number of processes, as mpiexec tells it."""
    return int(os.environ.get("OMPI_COMM_WORLD_SIZE", "1"))


def meeting_place() -> Path:
    """Return the folder that the ranks of this worker have in common."""
    return Path(os.environ[MEETING_PLACE])


def requests() -> Iterator[str]:
    """Yield the lines of standard input, which only the first rank has, on all ranks; an empty one is the last.

    Of several ranks, that is: mpiexec does not pass on that its own standard input has ended.
    """
    if size() == 1:
        yield from sys.stdin
    elif rank() == 0:
        yield from _passed_on()
    else:
        yield from _received()


def _passed_on() -> Iterator[str]:
    with Listener(str(meeting_place() / "requests"), "AF_UNIX") as listener:
        others = [listener.accept() for _ in range(1, size())]
    for line in sys.stdin:
        if not line.strip():
            break
        for other in others:
            other.send(line)
        yield line
    for other in others:
        other.close()


def _received() -> Iterator[str]:
    with _connected(str(meeting_place() / "requests")) as first:
        while True:
            try:
                yield first.recv()
            except EOFError:
                return


def _connected(address: str) -> Connection:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return Client(address, "AF_UNIX")
        except (FileNotFoundError, ConnectionRefusedError):  # the first rank is not there yet
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
