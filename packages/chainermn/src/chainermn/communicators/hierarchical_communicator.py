"""First within nodes, then between them."""

from __future__ import annotations

from typing import Any

from chainer.types import NdArray

from chainermn._mpi import get_mpi
from chainermn._supervisor import Operation
from chainermn.communicators import _wire
from chainermn.communicators._node_communicator import NodeCommunicator


class HierarchicalCommunicator(NodeCommunicator):
    """Averages gradients in three steps: to the first rank of each node, between these, and back.

    Each node sends and receives the gradients once, however many ranks it has, over a network that is slower than
    memory. ``allreduce_grad_dtype`` of 16 bits is that between nodes: within them it would save nothing.
    """

    def _mean_in_place(self, buffer: NdArray, operation: Operation, after: Any = None) -> None:
        for piece in _wire.pieces(buffer):
            data, add = _wire.addend(piece)
            with self.supervisor.blocking(operation, 3 * piece.nbytes):
                if self.intra_rank == 0:
                    self._intra.Reduce(get_mpi().IN_PLACE, data, add, 0)
                    self._mean_piece(self._inter, piece)
                else:
                    self._intra.Reduce(data, None, add, 0)
                self._intra.Bcast(_wire.message(piece), 0)
