"""Arrays from one rank to another, and their gradients back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainer.functions
import numpy
from chainer import FunctionNode, Variable, backend
from chainer.types import Arrays, VariableLike, Variables

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions._delegate import as_delegate, in_graph


class _PointToPoint(FunctionNode):
    """Base of the nodes below.

    Args:
        comm: The ranks.
        peer_rank: The other one.
        peer_tag: Tag of the message.
    """

    def __init__(self, comm: MpiCommunicatorBase, peer_rank: int, peer_tag: int) -> None:
        super().__init__()
        self.comm, self.peer_rank, self.peer_tag = comm, peer_rank, peer_tag


class Send(_PointToPoint):
    """Node of :func:`send`: backward receives."""

    def forward(self, inputs: Arrays) -> Arrays:
        # One array goes as an array, so that the other side need not know how many there could have been.
        self.comm.send(inputs[0] if len(inputs) == 1 else inputs, self.peer_rank, self.peer_tag)
        return (backend.get_array_module(inputs[0]).empty(0, inputs[0].dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = recv(self.comm, self.peer_rank, grad_outputs[0], self.peer_tag, force_tuple=True)
        return tuple(gxs[i] for i in indexes)


class Recv(_PointToPoint):
    """Node of :func:`recv`: backward sends."""

    def forward(self, inputs: Arrays) -> Arrays:
        (delegate,) = inputs
        self._delegate = delegate
        data = self.comm.recv(self.peer_rank, self.peer_tag)
        arrays = data if isinstance(data, tuple) else (data,)
        self._received = [(backend.get_array_module(x), x.shape, x.dtype) for x in arrays]
        return arrays

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gys = [
            Variable(xp.zeros(shape, dtype)) if gy is None else gy
            for gy, (xp, shape, dtype) in zip(grad_outputs, self._received, strict=True)
        ]
        sent = send(gys, self.comm, self.peer_rank, self.peer_tag)
        if self._delegate.size:  # some variable of the user, for the order alone
            return (Variable(backend.get_array_module(self._delegate).zeros_like(self._delegate)),)
        # What was sent stands for the graph on the other side again, should that be differentiated.
        return (chainer.functions.cast(sent, self._delegate.dtype),)


def send(
    x: VariableLike | Sequence[VariableLike], communicator: MpiCommunicatorBase, rank: int, tag: int = 0
) -> Variable:
    """Sends arrays to another rank, which calls :func:`recv`.

    Returns a *delegate variable*, which holds nothing and stands for the graph on the other side: backward from it
    receives the gradients of ``x``. Where the graph goes on on this rank, connect it by :func:`pseudo_connect`.

    Args:
        x: Variable, or tuple of them.
        communicator: The ranks.
        rank: The receiver.
        tag: Tag of the message, to tell several between the same ranks apart.

    Raises:
        ValueError: ``rank`` is this rank: nobody could receive.
    """
    _check_peer(communicator, rank)
    xs = x if isinstance(x, tuple | list) else (x,)
    (delegate,) = Send(communicator, rank, tag).apply([in_graph(each) for each in xs])
    return as_delegate(delegate)


def recv(
    communicator: MpiCommunicatorBase,
    rank: int,
    delegate_variable: Variable | None = None,
    tag: int = 0,
    force_tuple: bool = False,
) -> Any:
    """Receives arrays that another rank gives to :func:`send`; backward sends their gradients there.

    Args:
        communicator: The ranks.
        rank: The sender.
        delegate_variable: What has to be done before, on the way forward, and after, on the way back: the result of
            :func:`send` on this rank. Without it, backward may meet the two in another order than the other rank does.
            After ``backward(enable_double_backprop=True)`` its gradient is the delegate variable of the gradients that
            were sent, from which they can be differentiated again.
        tag: Tag of the message.
        force_tuple: Whether one array is returned as a tuple, too.

    Returns:
        A variable, or a tuple if several were sent.

    Raises:
        ValueError: ``rank`` is this rank.
    """
    _check_peer(communicator, rank)
    start = numpy.empty(0, numpy.float32) if delegate_variable is None else delegate_variable
    received = Recv(communicator, rank, tag).apply((in_graph(start),))
    return received if force_tuple or len(received) > 1 else received[0]


def _check_peer(communicator: MpiCommunicatorBase, rank: int) -> None:
    if rank == communicator.rank:
        raise ValueError(f"rank must be another rank than this one, got {rank}")
