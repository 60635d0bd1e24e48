"""Which processes of the job run on this host, and whether they are still alive."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


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
        pid = os.getpid()
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
