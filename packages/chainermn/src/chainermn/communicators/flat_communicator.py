"""One reduction a step."""

from __future__ import annotations

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase


class FlatCommunicator(MpiCommunicatorBase):
    """Averages all gradients by one MPI allreduce of one packed buffer: latency is paid once a step."""
