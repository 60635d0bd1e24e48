"""For the ranks of one machine."""

from __future__ import annotations

from typing import Any

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase


class SingleNodeCommunicator(MpiCommunicatorBase):
    """Averages gradients by one MPI allreduce, and makes sure that no network is involved.

    Raises:
        ValueError: The ranks are on several nodes.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if self.inter_size != 1:
            raise ValueError(f"single_node works on one node, got ranks on {self.inter_size}; use hierarchical")
