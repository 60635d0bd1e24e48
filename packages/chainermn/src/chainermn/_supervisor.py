"""No rank waits for ever: every wait has a limit and an eye on the ranks that are waited for.

Three things can go wrong while a rank waits for others. One of them has ended: on the same host that is seen from
the process table, and a rank that ends in good order says so to all others. One of them is late: after half of
the time limit those that wait tell each other, so at its end they know who has said nothing. Or it
stops in the middle of an operation, which then blocks inside MPI: a thread looks after these and ends the job.

An error in Python ends the job through :mod:`chainermn.global_except_hook`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy

from chainermn._mpi import get_mpi, has_free_threads
from chainermn._processes import Process
from chainermn.errors import CommunicationError

if TYPE_CHECKING:
    from mpi4py import MPI

DEFAULT_TIMEOUT = 30.0  # seconds
_TAG = 1
_SPINS = 200  # tests before sleeping: a rank that is nearly on time is met within microseconds
_LONGEST_PAUSE = 1e-3  # seconds
_BUSY = 20e-6  # seconds: a test that takes longer has moved data, so the next should follow at once
_LOOK_INTERVAL = 0.02  # seconds
_LAST_BREATH = 0.15  # seconds for the notice of a rank that ends the job to leave it
_GRACE = 1.0  # seconds: what a rank sent before it left may still be on its way
SPEAKER_DELAY = 5.0  # seconds for the rank that is to tell the user, before others do
_SLOWEST_LINK = 10e6  # bytes a second: large messages get that much more time


@dataclass(slots=True)
class Operation:
    """What a rank is doing together with others.

    Attributes:
        text: Name and arguments, for messages.
        ranks: The others, as ranks of the supervisor.
        number: How many operations of this kind came before on the same communicator; ranks that do the same thing
            agree on it.
        channel: Name of the communicator.
        step: Iteration of the training, if known.
    """

    text: str
    ranks: Sequence[int]
    number: int
    channel: str
    step: int | None = None
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        step = "" if self.step is None else f"step {self.step}, "
        return f"{self.text} ({step}operation {self.number} of {self.channel})"


class Supervisor:
    """Waits for requests of one MPI communicator and of those split off from it.

    Args:
        mpi_comm: The communicator; a duplicate of it carries the notices, so that they never meet other messages.
        timeout: Seconds that an operation may take; ``None`` for no limit.

    Attributes:
        rank: Rank of this process.
        size: Number of processes.
        timeout: As given; may be changed.
        step: Iteration of the training; a multi-node optimizer keeps it up to date.
        latest: The operation that was begun last.
    """

    def __init__(self, mpi_comm: MPI.Intracomm, timeout: float | None) -> None:
        self._comm = mpi_comm.Dup()
        self.rank: int = mpi_comm.rank
        self.size: int = mpi_comm.size
        self.timeout = timeout
        self.step: int | None = None
        self.latest: Operation | None = None
        self._lock = threading.Lock()
        self._gone: dict[int, float] = {}  # rank -> when its farewell was read
        self._ending: set[int] = set()  # ranks that have told the user what is wrong and end the job
        self._waiting: dict[int, str] = {}  # rank -> what it said to be waiting in
        self._unsent: list[Any] = []
        self._blocked: dict[int, tuple[Operation, float]] = {}  # thread -> operation inside MPI, end of its time
        self._processes: list[Process] = self._comm.allgather(Process.current())
        here = self._processes[self.rank].place
        self._neighbours = {
            rank for rank, process in enumerate(self._processes) if rank != self.rank and process.place == here
        }
        if self.size > 1:
            atexit.register(self._say_farewell)
            threading.Thread(target=self._watch_blocked, name="chainermn-supervisor", daemon=True).start()

    def begin(self, operation: Operation) -> Operation:
        """Notes what this rank does now."""
        operation.step = self.step
        self.latest = operation
        return operation

    def wait(self, request: Any, operation: Operation, nbytes: int = 0) -> Any:
        """Waits for a request, or for anything with a ``Test``; returns what ``Test`` does.

        Args:
            request: Its ``Test`` returns something true when it is done.
            operation: What it belongs to.
            nbytes: Size of the message: a large one may take longer.

        Raises:
            CommunicationError: A rank of the operation has ended, or has not come in time.
        """
        for _ in range(_SPINS):
            if done := request.Test():
                return done
            os.sched_yield()
        start = time.monotonic()
        limit = None if self.timeout is None else self.timeout + nbytes / _SLOWEST_LINK
        next_look, pause, has_told = start, 1e-5, False
        while True:
            before = time.perf_counter()
            if done := request.Test():
                return done
            is_moving = time.perf_counter() - before > _BUSY
            now = time.monotonic()
            if now >= next_look:
                next_look = now + _LOOK_INTERVAL
                self._look(operation)
                if limit is not None and now - start > limit / 2 and not has_told:
                    has_told = True
                    self._tell(range(self.size), f"W{operation}")
                if limit is not None and now - start > limit:
                    raise self._too_late(operation, limit)
            if not is_moving:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    @contextlib.contextmanager
    def blocking(self, operation: Operation, nbytes: int) -> Iterator[None]:
        """Looks after a call that blocks inside MPI: if it takes too long, or a rank dies, the job ends."""
        if self.size == 1:
            yield
            return
        thread = threading.get_ident()
        limit = float("inf") if self.timeout is None else self.timeout + nbytes / _SLOWEST_LINK
        self._blocked[thread] = (operation, time.monotonic() + limit)
        try:
            yield
        finally:
            del self._blocked[thread]

    def describe_latest(self) -> str:
        """The operation that was begun last, in words."""
        return "before the first operation" if self.latest is None else f"in or after {self.latest}"

    def _look(self, operation: Operation) -> None:
        """Reads notices; raises if a rank that is waited for has ended."""
        dead = [rank for rank in operation.ranks if self._is_dead(rank)]
        if self._is_ending():
            raise CommunicationError(f"rank {min(self._ending)} ends the job", speaker=min(self._ending))
        now = time.monotonic()
        for rank in operation.ranks:
            if rank in dead:
                # MPI cannot go on without it, and its launcher is about to end the others: no time for an exception.
                end_job_by(self._error(f"rank {rank} died: it was killed or crashed", operation, without={rank}))
            if now - self._gone.get(rank, now) > _GRACE:
                raise self._error(f"rank {rank} has ended its program", operation, without={rank})

    def _is_ending(self) -> bool:
        """Whether a rank has told the user what is wrong; ask after looking who is dead, for it says so before."""
        with self._lock:
            self._read_notices()
        return bool(self._ending)

    def _is_dead(self, rank: int) -> bool:
        """Whether a rank on this host has ended without a farewell."""
        return rank in self._neighbours and self._processes[rank].is_dead()

    def _read_notices(self) -> None:
        mpi = get_mpi()
        status = mpi.Status()
        while self._comm.Iprobe(mpi.ANY_SOURCE, _TAG, status):
            buffer = numpy.empty(status.Get_count(mpi.BYTE), numpy.uint8)
            self._comm.Recv(buffer, status.Get_source(), _TAG)
            text = buffer.tobytes().decode()
            if text[0] == "L":
                self._gone[status.Get_source()] = time.monotonic()
            elif text[0] == "E":
                self._ending.add(status.Get_source())
            else:
                self._waiting[status.Get_source()] = text[1:]

    def _tell(self, ranks: Sequence[int], text: str) -> None:
        message = numpy.frombuffer(text.encode()[:1000], numpy.uint8)
        with self._lock:
            self._unsent += [self._comm.Isend(message, rank, _TAG) for rank in ranks if rank != self.rank]

    def tell_ending(self) -> None:
        """Tells the others that this rank has said what is wrong, so that they need not."""
        self._tell(range(self.size), "E")
        end = time.monotonic() + _LAST_BREATH
        while time.monotonic() < end:
            for request in self._unsent:
                request.Test()
            time.sleep(_LONGEST_PAUSE)

    def _too_late(self, operation: Operation, limit: float) -> CommunicationError:
        others = [rank for rank in operation.ranks if rank != self.rank]
        elsewhere = {rank: self._waiting.get(rank) for rank in others if self._waiting.get(rank) != str(operation)}
        silent = [rank for rank, text in elsewhere.items() if text is None]
        clauses = [f"{_ranks(silent)} did not come"] if silent else []
        clauses += [f"rank {rank} waits in {text}" for rank, text in elsewhere.items() if text is not None]
        if not clauses:
            clauses = ["all ranks wait for each other"]
        message = f"{', and '.join(clauses)}; {limit:.0f} s passed (CHAINERMN_TIMEOUT changes the limit)"
        return self._error(message, operation, without=set(silent))

    def _error(self, message: str, operation: Operation, without: set[int]) -> CommunicationError:
        able = [rank for rank in (*operation.ranks, self.rank) if rank not in without]
        return CommunicationError(f"{message}, while rank {self.rank} waited in {operation}", speaker=min(able))

    def _watch_blocked(self) -> None:
        while not get_mpi().Is_finalized():
            time.sleep(0.25)
            for operation, end in list(self._blocked.values()):
                dead = {
                    rank for rank in operation.ranks if rank in self._neighbours and self._processes[rank].is_dead()
                }
                if not dead and time.monotonic() < end:
                    continue
                is_ending = has_free_threads() and self._is_ending()
                if is_ending or self.rank != min(set(operation.ranks) - dead):
                    time.sleep(SPEAKER_DELAY)  # by then the one who speaks has ended the job
                what = f"{_ranks(sorted(dead))} died in" if dead else "one of the ranks has stopped in"
                end_job(f"{what} {operation}, which all had begun, says rank {self.rank}")

    def _say_farewell(self) -> None:
        """Tells the others that this rank has nothing more to do, and lets them finish."""
        mpi = get_mpi()
        if mpi.Is_finalized():
            return
        self._tell(range(self.size), "L")
        pause = 1e-4
        while len(self._gone) < self.size - 1 and not any(map(self._is_dead, self._neighbours)):
            with self._lock:
                self._read_notices()
            time.sleep(pause)
            pause = min(2 * pause, _LOOK_INTERVAL)


def end_job(message: str, status: int = 1) -> None:
    """Prints a message and ends all processes of the job."""
    for supervisor in _supervisors.values():
        supervisor.tell_ending()
    sys.stdout.flush()
    sys.stderr.write(f"chainermn: {message}\n")
    sys.stderr.flush()
    get_mpi().COMM_WORLD.Abort(status)


def end_job_by(error: CommunicationError) -> None:
    """Ends all processes of the job with the message of an error, once if several ranks have it."""
    rank = get_mpi().COMM_WORLD.rank
    if error.speaker not in (None, rank):
        time.sleep(SPEAKER_DELAY)  # by then the one who speaks has ended the job
    end_job(f"error on rank {rank} of {get_mpi().COMM_WORLD.size}: {error}")


def time_limit() -> float | None:
    """Seconds that an operation may take: ``CHAINERMN_TIMEOUT``, where 0 is no limit.

    Raises:
        ValueError: It is not a number.
    """
    text = os.environ.get("CHAINERMN_TIMEOUT", "")
    try:
        seconds = float(text) if text else DEFAULT_TIMEOUT
    except ValueError:
        raise ValueError(f"CHAINERMN_TIMEOUT must be a number of seconds, got {text!r}") from None
    return seconds if seconds > 0 else None


_supervisors: dict[int, Supervisor] = {}


def supervisor_of(mpi_comm: MPI.Intracomm) -> Supervisor:
    """The supervisor of an MPI communicator; made when first asked for, by all its ranks together."""
    handle: int = mpi_comm.handle
    if handle not in _supervisors:
        _supervisors[handle] = Supervisor(mpi_comm, time_limit())
    return _supervisors[handle]


def describe_latest() -> str:
    """The operation that any supervisor of this process has seen last, in words."""
    latest = [s for s in _supervisors.values() if s.latest is not None]
    if not latest:
        return "before the first operation"
    return max(latest, key=lambda s: s.latest.started if s.latest else 0.0).describe_latest()


def _ranks(ranks: Sequence[int]) -> str:
    return ("rank " if len(ranks) == 1 else "ranks ") + ", ".join(map(str, ranks))
