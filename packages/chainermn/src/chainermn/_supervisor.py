"""No rank waits for ever: every wait has a limit and an eye on the ranks that are waited for.

Four things can go wrong while a rank waits for others. One of them has ended: on the same host that is seen from
the process table, and a rank that ends in good order says so to all others. One of them is late: after half of
the time limit those that wait tell each other, so at its end they know who has said nothing. Or it
stops in the middle of an operation, which then blocks inside MPI: a thread looks after these and ends the job.
Or it has stopped, or the network to it is cut, when the others have nothing more to do and wait for its end, for which
there is no limit: the same thread tells those that wait that this rank is alive.

An error in Python ends the job through :mod:`chainermn.global_except_hook`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy
from chainer.training import _interruption

from chainermn._mpi import get_mpi, has_free_threads
from chainermn._processes import Process, host_name, kill_later
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
_WATCH_INTERVAL = 0.25  # seconds
_COURTESY = 0.5  # seconds before an error is raised on a rank that is not the one to tell the user
SPEAKER_DELAY = 4.0  # seconds for the rank that is to tell the user, before others do
_ABORT_TIME = 5.0  # seconds for MPI to end the job, before this process and its launcher are killed
_SLOWEST_LINK = 10e6  # bytes a second: large messages get that much more time


@dataclass(slots=True)
class _Blocked:
    """An operation inside MPI, from where nothing comes back if it goes wrong."""

    operation: Operation
    limit: float  # seconds
    since: float = field(default_factory=time.monotonic)
    has_told: bool = False


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
        self._waiting: dict[int, tuple[float, str]] = {}  # rank -> when it said what it waits in
        self._heard: dict[int, float] = {}  # rank -> when anything was read from it
        self._unsent: list[Any] = []
        self._blocked: dict[int, _Blocked] = {}  # thread -> what it does inside MPI
        self._has_left = False
        self._processes: list[Process] = self._comm.allgather(Process.current())
        self._hosts: list[str] = self._comm.allgather(host_name())
        here = self._processes[self.rank].place
        self._neighbours = {
            rank for rank, process in enumerate(self._processes) if rank != self.rank and process.place == here
        }
        if self.size > 1:
            # Connects all ranks: where the network has been cut, MPI fails at a connection that it has to make first.
            self._tell(range(self.size), "A")
            atexit.register(self._say_farewell)
            _interruption.failed_elsewhere.append(self.has_failed_elsewhere)
            threading.Thread(target=self._watch, name="chainermn-supervisor", daemon=True).start()

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
                    raise self.in_turn(self._too_late(operation, limit))
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
        self._blocked[thread] = _Blocked(operation, limit)
        try:
            yield
        finally:
            del self._blocked[thread]

    def in_turn(self, error: CommunicationError) -> CommunicationError:
        """The same error, a moment later if another rank is to tell the user: by then that one has ended the job."""
        if error.speaker not in (None, self.rank):
            time.sleep(_COURTESY)
            if self._is_ending():
                time.sleep(SPEAKER_DELAY)
        return error

    def describe_latest(self) -> str:
        """The operation that was begun last, in words."""
        return "before the first operation" if self.latest is None else f"in or after {self.latest}"

    def _look(self, operation: Operation) -> None:
        """Reads notices; raises if a rank that is waited for has ended."""
        dead = [rank for rank in operation.ranks if self._is_dead(rank)]
        if self._is_ending():
            speaker = min(self._ending)
            raise self.in_turn(CommunicationError(f"rank {speaker} ends the job", speaker))
        now = time.monotonic()
        for rank in operation.ranks:
            if rank in dead:
                # MPI cannot go on without it, and its launcher is about to end the others: no time for an exception.
                end_job_by(self._error(f"rank {rank} died: it was killed or crashed", operation, without={rank}))
            if now - self._gone.get(rank, now) > _GRACE:
                raise self.in_turn(self._error(f"rank {rank} has ended its program", operation, without={rank}))

    def _is_ending(self) -> bool:
        """Whether a rank has told the user what is wrong; ask after looking who is dead, for it says so before."""
        with self._lock:
            self._read_notices()
        return bool(self._ending)

    def has_failed_elsewhere(self) -> bool:
        """Whether another rank has said what is wrong, or died here; asked by a signal handler, so it never waits."""
        # The handler may have interrupted the holder of the lock; without it, what is known already has to do.
        if self._lock.acquire(blocking=False):
            try:
                if not self._has_left and not get_mpi().Is_finalized():
                    self._read_notices()
            finally:
                self._lock.release()
        return bool(self._ending) or any(map(self._is_dead, self._neighbours))

    def _is_dead(self, rank: int) -> bool:
        """Whether a rank on this host has ended without a farewell."""
        return rank in self._neighbours and self._processes[rank].is_dead()

    def _read_notices(self) -> None:
        mpi = get_mpi()
        status = mpi.Status()
        while self._comm.Iprobe(mpi.ANY_SOURCE, _TAG, status):
            buffer = numpy.empty(status.Get_count(mpi.BYTE), numpy.uint8)
            rank, now = status.Get_source(), time.monotonic()
            self._comm.Recv(buffer, rank, _TAG)
            text = buffer.tobytes().decode()
            self._heard[rank] = now
            match text[0]:
                case "L":
                    self._gone[rank] = now
                case "E":
                    self._ending.add(rank)
                case "W":
                    self._waiting[rank] = now, text[1:]

    def _tell(self, ranks: Sequence[int], text: str) -> None:
        message = numpy.frombuffer(text.encode()[:1000], numpy.uint8)
        with self._lock:
            self._unsent = [request for request in self._unsent if not request.Test()]
            self._unsent += [self._comm.Isend(message, rank, _TAG) for rank in ranks if rank != self.rank]

    def tell_ending(self) -> None:
        """Tells the others that this rank has said what is wrong, so that they need not."""
        self._tell(range(self.size), "E")
        end = time.monotonic() + _LAST_BREATH
        while time.monotonic() < end:
            for request in self._unsent:
                request.Test()
            time.sleep(_LONGEST_PAUSE)

    def _too_late(self, operation: Operation, limit: float, silence: str = "did not come") -> CommunicationError:
        others = [rank for rank in operation.ranks if rank != self.rank]
        # What was said long ago belongs to another wait.
        said = {rank: text for rank, (at, text) in self._waiting.items() if time.monotonic() - at < limit}
        elsewhere = {rank: said.get(rank) for rank in others if said.get(rank) != str(operation)}
        silent = [rank for rank, text in elsewhere.items() if text is None]
        clauses = [f"{self._named(silent)} {silence}"] if silent else []
        clauses += [f"rank {rank} waits in {text}" for rank, text in elsewhere.items() if text is not None]
        if not clauses:
            clauses = ["all ranks have begun it and none ends it"]
        message = f"{', and '.join(clauses)}; {limit:.0f} s passed (CHAINERMN_TIMEOUT changes the limit)"
        # Ranks that wait elsewhere will find that out as well.
        return self._error(message, operation, without=set(silent), others=said)

    def _named(self, ranks: Sequence[int]) -> str:
        """Ranks, and the hosts of those that are not on this one: the network to them may be cut."""
        away = dict.fromkeys(self._hosts[rank] for rank in ranks if rank not in self._neighbours)
        if not away:
            return _ranks(ranks)
        return f"{_ranks(ranks)} on host{'s' if len(away) > 1 else ''} {', '.join(away)}, perhaps out of reach,"

    def _error(
        self, message: str, operation: Operation, without: set[int], others: Iterable[int] = ()
    ) -> CommunicationError:
        able = [rank for rank in (*operation.ranks, *others, self.rank) if rank not in without]
        return CommunicationError(f"{message}, while rank {self.rank} waited in {operation}", speaker=min(able))

    def _watch(self) -> None:
        reassured = time.monotonic()
        while not self._has_left:
            time.sleep(_WATCH_INTERVAL)
            for blocked in list(self._blocked.values()):
                self._watch_blocked(blocked)
            if self.timeout is not None and has_free_threads():
                with self._lock:
                    if not self._has_left:
                        self._read_notices()
                if self._gone and time.monotonic() - reassured > self.timeout / 4:
                    reassured = time.monotonic()
                    self._tell(list(self._gone), "A")

    def _watch_blocked(self, blocked: _Blocked) -> None:
        operation, limit = blocked.operation, blocked.limit
        age = time.monotonic() - blocked.since
        if age > limit / 2 and not blocked.has_told and has_free_threads():
            blocked.has_told = True
            self._tell(range(self.size), f"W{operation}")
        dead = {rank for rank in operation.ranks if self._is_dead(rank)}
        if not dead and age < limit:
            return
        is_ending = has_free_threads() and self._is_ending()
        if dead:
            error = self._error(f"{_ranks(sorted(dead))} died: killed or crashed", operation, without=dead)
        else:
            error = self._too_late(operation, limit, "stopped in the middle")
        if is_ending:
            time.sleep(SPEAKER_DELAY)
        end_job_by(error)

    def _say_farewell(self) -> None:
        """Tells the others that this rank has nothing more to do, and lets them finish."""
        if get_mpi().Is_finalized():
            return
        self._tell(range(self.size), "L")
        pause, start = 1e-4, time.monotonic()
        while not any(map(self._is_dead, self._neighbours)):
            with self._lock:
                self._read_notices()
            now = time.monotonic()
            missing = [rank for rank in range(self.size) if rank != self.rank and rank not in self._gone]
            lost = [rank for rank in missing if self._is_lost(rank, now - start)]
            if not missing:
                break
            if lost:
                what = f"{self._named(lost)} stopped; nothing came from there in {self.timeout:.0f} s"
                able = {*range(self.size)}.difference(lost)
                at = f"while rank {self.rank} waited for the end of all ranks, {self.describe_latest()}"
                end_job_by(CommunicationError(f"{what}, {at}", speaker=min(able)))
            time.sleep(pause)
            pause = min(2 * pause, _LOOK_INTERVAL)
        with self._lock:  # the thread must not be inside MPI when it is finalized
            self._has_left = True

    def _is_lost(self, rank: int, waited: float) -> bool:
        """Whether a rank, which tells those that have left that it is alive, has not done so for too long."""
        if self.timeout is None or not has_free_threads():
            return False
        return min(waited, time.monotonic() - self._heard.get(rank, float("-inf"))) > self.timeout


def end_job(message: str, status: int = 1) -> None:
    """Prints a message and ends all processes of the job."""
    for supervisor in _supervisors.values():
        supervisor.tell_ending()
    sys.stdout.flush()
    sys.stderr.write(f"chainermn: {message}\n")
    sys.stderr.flush()
    # A launcher that cannot reach one of its hosts waits for it for a quarter of an hour.
    kill_later([Process.current(), *Process.launcher()], _ABORT_TIME)
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
