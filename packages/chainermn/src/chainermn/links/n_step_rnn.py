"""Recurrent layers on several ranks."""

from __future__ import annotations

from typing import Any

import chainer
from chainer import Link

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions.point_to_point_communication import recv, send


def create_multi_node_n_step_rnn(
    actual_link: Link, communicator: MpiCommunicatorBase, rank_in: int | None = None, rank_out: int | None = None
) -> _MultiNodeNStepRNN:
    """Lets a recurrent link take its initial states from another rank and give its last ones to another.

    As in an encoder and a decoder on two ranks.

    Args:
        actual_link: One of ``NStepLSTM``, ``NStepGRU``, ``NStepRNNTanh``, ``NStepRNNReLU`` and their bidirectional
            twins.
        communicator: The ranks.
        rank_in: The rank whose states come in; ``None`` takes those of the call.
        rank_out: The rank that gets the last states.

    Raises:
        TypeError: ``actual_link`` is another link.
    """
    return _MultiNodeNStepRNN(actual_link, communicator, rank_in, rank_out)


class _MultiNodeNStepRNN(chainer.Chain):
    """The link behind :func:`create_multi_node_n_step_rnn`.

    Attributes:
        actual_rnn: As given.
    """

    def __init__(
        self, link: Link, communicator: MpiCommunicatorBase, rank_in: int | None, rank_out: int | None
    ) -> None:
        super().__init__()
        n_states = getattr(link, "n_cells", None)
        if n_states is None:
            raise TypeError(f"actual_link must be a link of the NStepRNN family, got {type(link).__name__}")
        self.communicator = communicator
        self.rank_in = rank_in
        self.rank_out = rank_out
        self.n_cells: int = n_states
        with self.init_scope():
            self.actual_rnn = link

    def __call__(self, *inputs: Any) -> Any:
        """Runs the actual link.

        Args:
            inputs: States, as many as it has, then the list of sequences. With ``rank_in`` the states are ``None`` or
                left out.

        Returns:
            What the actual link returns, and then a delegate variable for what was sent, on which to call ``backward``;
            ``None`` without ``rank_out``.

        Raises:
            ValueError: States are given although they come from another rank.
        """
        *states, xs = inputs
        if self.rank_in is not None:
            if any(state is not None for state in states):
                raise ValueError(f"states must be None, for they come from rank {self.rank_in}")
            states = list(recv(self.communicator, self.rank_in, force_tuple=True))
        elif not states:
            states = [None] * self.n_cells
        *last, ys = self.actual_rnn(*states, xs)
        delegate = None if self.rank_out is None else send(tuple(last), self.communicator, self.rank_out)
        return (*last, ys, delegate)
