"""Every rank of a node talks to other nodes, each about its own part."""

from __future__ import annotations

from typing import Any

import numpy
from chainer.types import NdArray

from chainermn._supervisor import Operation
from chainermn.communicators import _wire
from chainermn.communicators._node_communicator import NodeCommunicator


class TwoDimensionalCommunicator(NodeCommunicator):
    """Averages gradients by a reduce-scatter within nodes, an allreduce between them, and an allgather within.

    As :class:`HierarchicalCommunicator`, with the work between nodes shared by all ranks of a node. Needs the same
    number of ranks on all nodes.

    Raises:
        ValueError: Nodes have different numbers of ranks.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if self._inter.size != self.inter_size or self.intra_size * self.inter_size != self.size:
            raise ValueError(
                f"two_dimensional needs equally many ranks on each of the {self.inter_size} nodes, got {self.size} "
                f"ranks with {self.intra_size} on this one; use hierarchical"
            )

    def _mean_in_place(self, buffer: NdArray, operation: Operation, after: Any = None) -> None:
        for piece in _wire.pieces(buffer):
            length = -(-piece.size // self.intra_size)
            padded = numpy.zeros(length * self.intra_size, piece.dtype)
            padded[: piece.size] = piece
            mine = numpy.empty(length, piece.dtype)
            with self.supervisor.blocking(operation, 3 * piece.nbytes):
                data, add = _wire.addend(padded)
                self._intra.Reduce_scatter_block(data, mine, add)
                self._mean_piece(self._inter, mine)
                self._intra.Allgather(_wire.message(mine), _wire.message(padded))
            piece[...] = padded[: piece.size]
