"""Which processes of the job run on this host, whether they are alive, and their end if nothing else brings it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Programs of Open MPI that start ranks as their children: on the first host, and on the others.
_LAUNCHERS = ("mpiexec", "mpirun", "prterun", "orterun", "prted", "orted")


def host_name() -> str:
    """Name of the machine: ranks that share it are on one node."""
    return socket.gethostname()


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can be looked up where the process identifiers are the same.

    Attributes:
        place: Where ``pid`` means something: a boot of a machine and a namespace of process identifiers.
        pid: Process identifier.
        born: Start time in ticks, which tells it from a later process with the same identifier.
    """

    place: str
    pid: int
    born: str

    @classmethod
    def current(cls) -> Process:
        return cls._of(os.getpid())

    @classmethod
    def launcher(cls) -> list[Process]:
        """The parent of this process, if it is one that an MPI of ours has for starting ranks; at most one."""
        pid = os.getppid()
        try:
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return []
        return [cls._of(pid)] if name in _LAUNCHERS else []

    @classmethod
    def _of(cls, pid: int) -> Process:
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            place = f"{boot}/{os.readlink('/proc/self/ns/pid')}"
            return cls(place, pid, _stat(pid)[1])
        except OSError:  # a system without /proc: deaths are then seen by the time limit alone
            return cls("", pid, "")

    def is_dead(self) -> bool:
        """Whether the process has ended; ``False`` where that cannot be known."""
        if not self.place:
            return False
        try:
            state, born = _stat(self.pid)
        except OSError:
            return True
        return state in "ZX" or born != self.born


def _stat(pid: int) -> tuple[str, str]:
    """State and start time; the name before them may hold spaces and parentheses."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return fields[0], fields[19]


def kill_later(processes: Sequence[Process], seconds: float) -> None:
    """Kills those processes that still run after some seconds, whatever becomes of this one until then."""
    if not all(process.place for process in processes):
        return
    kills = [f"born {process.pid} {process.born} && kill -KILL {process.pid}" for process in processes]
    born = 'born() { [ "$(sed "s/.*) //" /proc/$1/stat | cut -d" " -f20)" = $2 ]; }'
    subprocess.Popen(
        ["sh", "-c", "; ".join([born, f"sleep {seconds}", *kills])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # for the launcher ends a rank together with its children
    )
