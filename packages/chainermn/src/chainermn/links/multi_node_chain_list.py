"""A model cut into pieces, one or more a rank."""

from __future__ import annotations

from collections import deque
from typing import Any

import chainer
from chainer import Link, Variable

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions.point_to_point_communication import recv, send
from chainermn.functions.pseudo_connect import pseudo_connect


class MultiNodeChainList(chainer.ChainList):
    """Runs the links of this rank as part of a model whose other links are on other ranks.

    Each rank builds one and adds its links in the order in which they run, saying from which ranks each gets its input
    and to which it gives its output. Calling it on all ranks runs the whole model; backward from what it returns on
    each rank runs the whole walk back.

    Args:
        comm: The ranks.

    Example:
        A model of two layers on two ranks::

            class Front(chainermn.MultiNodeChainList):  # on rank 0
                def __init__(self, comm):
                    super().__init__(comm)
                    self.add_link(L.Linear(10, 5), rank_in=None, rank_out=1)

            class Back(chainermn.MultiNodeChainList):  # on rank 1
                def __init__(self, comm):
                    super().__init__(comm)
                    self.add_link(L.Linear(5, 2), rank_in=0, rank_out=None)

        Rank 0 calls its chain with the data and gets a delegate variable; rank 1 calls its own without arguments and
        gets the output. Both then call ``backward``.
    """

    def __init__(self, comm: MpiCommunicatorBase) -> None:
        super().__init__()
        self._comm = comm
        self._ins: list[list[int] | None] = []
        self._outs: list[list[int] | None] = []

    def add_link(
        self, link: Link, rank_in: int | list[int] | None = None, rank_out: int | list[int] | None = None
    ) -> None:
        """Adds a link of this rank.

        Args:
            link: The link.
            rank_in: Rank, or list of ranks, whose outputs it takes, in this order; ``None`` takes the arguments of
                the call. This rank itself stands for a link that was added before.
            rank_out: Rank, or list of ranks, that get its output; ``None`` makes it the result of the call. This rank
                itself stands for a link that is added later.

        Raises:
            ValueError: There is no such rank.
        """
        ins, outs = _as_list(rank_in), _as_list(rank_out)
        for rank in (ins or []) + (outs or []):
            if not 0 <= rank < self._comm.size:
                raise ValueError(f"rank_in and rank_out must be from 0 to {self._comm.size - 1}, got {rank}")
        super().add_link(link)
        self._ins.append(ins)
        self._outs.append(outs)

    def __call__(self, *inputs: Any) -> Any:
        """Runs the links of this rank.

        Args:
            inputs: Arguments of the links whose ``rank_in`` is ``None``.

        Returns:
            The output of the link whose ``rank_out`` is ``None``; without one, a delegate variable to call
            ``backward`` on.

        Raises:
            ValueError: Several links of this rank give a result, or one waits for a link of this rank that did not run.
        """
        local: deque[Any] = deque()  # outputs for links of this rank
        delegate: Variable | None = None
        result: Any = None
        has_result = False
        for link, ins, outs in zip(self, self._ins, self._outs, strict=True):
            arguments = list(inputs) if ins is None else []
            for rank in ins or []:
                if rank != self._comm.rank:
                    # What was sent before has to be walked back through after this, so they are chained.
                    arguments.append(recv(self._comm, rank, delegate_variable=delegate))
                    delegate = None
                elif local:
                    arguments.append(local.popleft())
                else:
                    raise ValueError(
                        f"a link of rank {rank} waits for another link of this rank, but none gave anything"
                    )
            output = link(*arguments)
            if outs is None:
                if has_result:
                    raise ValueError("only one link of a rank may have rank_out=None: the others give no result")
                result, has_result = output, True
            for rank in outs or []:
                if rank == self._comm.rank:
                    local.append(output)
                else:
                    sent = send(output, self._comm, rank)
                    delegate = sent if delegate is None else pseudo_connect(delegate, sent)
        if not has_result:
            return delegate
        if delegate is None:
            return result
        return pseudo_connect(delegate, *result) if isinstance(result, tuple) else pseudo_connect(delegate, result)


def _as_list(ranks: int | list[int] | None) -> list[int] | None:
    return [ranks] if isinstance(ranks, int) else ranks
