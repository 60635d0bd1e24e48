"""Which ranks share a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainermn import _processes

if TYPE_CHECKING:
    from mpi4py import MPI


@dataclass(frozen=True, slots=True)
class Topology:
    """Position of a process on its node, and of the node among nodes; nodes are numbered by their first rank."""

    intra_rank: int
    intra_size: int
    inter_rank: int
    inter_size: int

    @classmethod
    def of(cls, mpi_comm: MPI.Intracomm) -> Topology:
        """Found by the names of the hosts; called by all ranks together."""
        names: list[str] = mpi_comm.allgather(_processes.host_name())
        nodes = list(dict.fromkeys(names))
        mine = names[mpi_comm.rank]
        return cls(names[: mpi_comm.rank].count(mine), names.count(mine), nodes.index(mine), len(nodes))
