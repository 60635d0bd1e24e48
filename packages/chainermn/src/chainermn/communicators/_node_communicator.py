"""Base of communicators that treat ranks of one node and of several differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainermn._supervisor import Supervisor
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from mpi4py import MPI


class NodeCommunicator(MpiCommunicatorBase):
    """Has two more MPI communicators: of the ranks on this node, and of those with this rank on all nodes."""

    def __init__(
        self, mpi_comm: MPI.Intracomm, supervisor: Supervisor | None = None, ranks: Sequence[int] | None = None
    ) -> None:
        super().__init__(mpi_comm, supervisor, ranks)
        self._intra = mpi_comm.Split(self.inter_rank, self.rank)
        self._inter = mpi_comm.Split(self.intra_rank, self.rank)

    def finalize(self) -> None:
        self._intra.Free()
        self._inter.Free()
        super().finalize()
