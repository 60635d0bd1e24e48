"""A classifier of handwritten digits in pieces, one a rank."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn


class Layer(chainer.Chain):
    """A fully connected layer and ReLU."""

    def __init__(self, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.linear = L.Linear(None, n_units)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return F.relu(self.linear(x))


def make_piece(comm: chainermn.CommunicatorBase, n_units: int, n_out: int) -> chainer.Chain:
    """The part of the classifier that lives on this rank.

    Rank 0 has the first layer and the last one, each other rank a layer between them: activations go round once, and
    gradients come back the other way. On rank 0 it returns the loss of its arguments; on others it takes none and
    returns a variable to call ``backward`` on.

    Args:
        comm: The ranks, two at least.
        n_units: Width of the hidden layers.
        n_out: Number of classes.
    """
    before, after = (comm.rank - 1) % comm.size, (comm.rank + 1) % comm.size
    piece = chainermn.MultiNodeChainList(comm)
    if comm.rank > 0:
        piece.add_link(Layer(n_units), rank_in=before, rank_out=after)
        return piece
    piece.add_link(Layer(n_units), rank_in=None, rank_out=after)
    piece.add_link(L.Linear(None, n_out), rank_in=before, rank_out=None)
    return L.Classifier(piece)
