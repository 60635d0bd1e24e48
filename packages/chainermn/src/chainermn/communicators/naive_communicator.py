"""One reduction a parameter."""

from __future__ import annotations

from chainer import Parameter

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase


class NaiveCommunicator(MpiCommunicatorBase):
    """Averages each parameter's gradient by an MPI allreduce of its own.

    Nothing is packed, so it needs the least memory and pays the latency of the network once a parameter.
    """

    def _buffers(self, params: list[Parameter]) -> list[list[Parameter]]:
        return [[param] for param in params]
