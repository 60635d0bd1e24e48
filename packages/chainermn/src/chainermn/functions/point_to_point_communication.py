"""Arrays from one rank to another, and their gradients back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainer
from chainer import Variable, backend
from chainer.types import Arrays, NdArray, VariableLike

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions._delegate import as_delegate


class Send(chainer.Function):
    """Node of :func:`send`: backward receives.

    Args:
        comm: The ranks.
        peer_rank: Where to send.
        peer_tag: Tag of the message.
    """

    def __init__(self, comm: MpiCommunicatorBase, peer_rank: int, peer_tag: int) -> None:
        super().__init__()
        self.comm, self.peer_rank, self.peer_tag = comm, peer_rank, peer_tag

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        # One array goes as an array, so that the other side need not know how many there could have been.
        self.comm.send(inputs[0] if len(inputs) == 1 else inputs, self.peer_rank, self.peer_tag)
        return (backend.get_array_module(inputs[0]).empty(0, inputs[0].dtype),)

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        grads = self.comm.recv(self.peer_rank, self.peer_tag)
        return grads if isinstance(grads, tuple) else (grads,)


class Recv(chainer.Function):
    """Node of :func:`recv`: backward sends.

    Args:
        comm: The ranks.
        peer_rank: Where from.
        peer_tag: Tag of the message.
    """

    def __init__(self, comm: MpiCommunicatorBase, peer_rank: int, peer_tag: int) -> None:
        super().__init__()
        self.comm, self.peer_rank, self.peer_tag = comm, peer_rank, peer_tag

    def __call__(self, *inputs: Any) -> Any:
        if not inputs:
            # A node without an input that requires gradients would be left out of backward.
            inputs = (Variable(_nothing()),)
        return super().__call__(*inputs)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        self._like = [(x.shape, x.dtype) for x in inputs]
        data = self.comm.recv(self.peer_rank, self.peer_tag)
        arrays = data if isinstance(data, tuple) else (data,)
        self._received = [(x.shape, x.dtype) for x in arrays]
        return arrays

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        grads = tuple(_zeros(like) if gy is None else gy for gy, like in zip(grad_outputs, self._received, strict=True))
        self.comm.send(grads[0] if len(grads) == 1 else grads, self.peer_rank, self.peer_tag)
        return tuple(_zeros(like) for like in self._like)


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
    # The receiver sends gradients back in any case, so plain arrays get a place in the graph as well.
    xs = [each if isinstance(each, Variable) else Variable(each) for each in xs]
    return as_delegate(Send(communicator, rank, tag)(*xs))


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
        tag: Tag of the message.
        force_tuple: Whether one array is returned as a tuple, too.

    Returns:
        A variable, or a tuple if several were sent.

    Raises:
        ValueError: ``rank`` is this rank.
    """
    _check_peer(communicator, rank)
    node = Recv(communicator, rank, tag)
    received = node() if delegate_variable is None else node(delegate_variable)
    if force_tuple and not isinstance(received, tuple):
        return (received,)
    return received


def _check_peer(communicator: MpiCommunicatorBase, rank: int) -> None:
    if rank == communicator.rank:
        raise ValueError(f"rank must be another rank than this one, got {rank}")


def _nothing() -> NdArray:
    return chainer.get_device("@numpy").xp.empty(0, "float32")


def _zeros(like: tuple[tuple[int, ...], Any]) -> NdArray:
    return chainer.get_device("@numpy").xp.zeros(*like)
