"""Arrays among all ranks, and their gradients back."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy
from chainer import FunctionNode, Variable, backend
from chainer.types import Arrays, VariableLike, Variables

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions._delegate import as_delegate, in_graph


class _Collective(FunctionNode):
    """Base of the nodes below: all ranks go through forward and through backward together.

    Backward is made of functions of this module, so it can be differentiated again.

    Args:
        comm: The ranks.
    """

    def __init__(self, comm: MpiCommunicatorBase) -> None:
        super().__init__()
        self.comm = comm

    def _filled(self, grad_outputs: Variables) -> tuple[Variable, ...]:
        """The gradients, zeros where there are none: other ranks wait for them."""
        return tuple(
            Variable(xp.zeros(shape, dtype)) if gy is None else gy
            for gy, (xp, shape, dtype) in zip(grad_outputs, self._outputs, strict=True)
        )

    def _note(self, outputs: Arrays) -> Arrays:
        self._outputs = [(backend.get_array_module(y), y.shape, y.dtype) for y in outputs]
        return outputs


class AllGather(_Collective):
    """Node of :func:`allgather`."""

    def forward(self, inputs: Arrays) -> Arrays:
        return self._note(self.comm.allgather(inputs[0]))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (_sum(alltoall(self.comm, self._filled(grad_outputs))),)


class AllToAll(_Collective):
    """Node of :func:`alltoall`."""

    def forward(self, inputs: Arrays) -> Arrays:
        return self._note(self.comm.alltoall(inputs))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = alltoall(self.comm, self._filled(grad_outputs))
        return tuple(gxs[i] for i in indexes)


class _Rooted(_Collective):
    """One rank plays another part than the others.

    On those, what has no counterpart is a delegate variable: it holds nothing, and backward can start from it.

    Args:
        comm: The ranks.
        root: That rank.
    """

    def __init__(self, comm: MpiCommunicatorBase, root: int) -> None:
        super().__init__(comm)
        self.root = root

    @property
    def is_root(self) -> bool:
        """Whether it is this one."""
        return self.comm.rank == self.root


class Bcast(_Rooted):
    """Node of :func:`bcast`."""

    def forward(self, inputs: Arrays) -> Arrays:
        return self._note((self.comm.bcast(inputs[0] if self.is_root else None, root=self.root),))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gather(self.comm, self._filled(grad_outputs)[0], self.root)
        return (_sum(gxs) if self.is_root else gxs,)


class Gather(_Rooted):
    """Node of :func:`gather`."""

    def forward(self, inputs: Arrays) -> Arrays:
        ys = self.comm.gather(inputs[0], self.root)
        return self._note((_nothing(),) if ys is None else ys)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return (scatter(self.comm, self._filled(grad_outputs) if self.is_root else None, self.root),)


class Scatter(_Rooted):
    """Node of :func:`scatter`."""

    def forward(self, inputs: Arrays) -> Arrays:
        return self._note((self.comm.scatter(inputs if self.is_root else None, self.root),))

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gather(self.comm, self._filled(grad_outputs)[0], self.root)
        return tuple(gxs[i] for i in indexes) if self.is_root else (gxs,)


def allgather(comm: MpiCommunicatorBase, x: VariableLike) -> tuple[Variable, ...]:
    """The variables of all ranks, on all ranks.

    Args:
        comm: The ranks.
        x: Variable of this rank; shapes may differ.

    Returns:
        One variable a rank.

    Example:
        >>> import chainermn, numpy as np
        >>> comm = chainermn.create_communicator("naive")
        >>> y, = chainermn.functions.allgather(comm, np.ones(2, "float32"))
        >>> y.array
        array([1., 1.], dtype=float32)
    """
    return AllGather(comm).apply((in_graph(x),))


def alltoall(comm: MpiCommunicatorBase, xs: Sequence[VariableLike]) -> tuple[Variable, ...]:
    """Gives ``xs[i]`` to rank ``i``; returns what the ranks have for this one.

    Args:
        comm: The ranks.
        xs: One variable a rank.

    Raises:
        ValueError: It is another number.
    """
    if len(xs) != comm.size:
        raise ValueError(f"xs must have one variable a rank: {comm.size} ranks, got {len(xs)}")
    return AllToAll(comm).apply([in_graph(x) for x in xs])


def bcast(comm: MpiCommunicatorBase, x: VariableLike | None, root: int = 0) -> Variable:
    """The variable of rank ``root``, on all ranks; its gradient is the sum of theirs.

    Args:
        comm: The ranks.
        x: Variable; on other ranks ``None``, or a variable without elements: after ``backward(
            enable_double_backprop=True)`` its gradient is the delegate variable of the gradient on rank ``root``.
        root: The rank that has it.
    """
    (y,) = Bcast(comm, root).apply((in_graph(x) if comm.rank == root else _start(x),))
    return y


def gather(comm: MpiCommunicatorBase, x: VariableLike, root: int = 0) -> Any:
    """The variables of all ranks, on rank ``root``.

    Args:
        comm: The ranks.
        x: Variable of this rank; shapes may differ.
        root: The rank that gets them.

    Returns:
        On rank ``root`` a tuple of one variable a rank. On others a delegate variable, from which backward can start.
    """
    ys = Gather(comm, root).apply((in_graph(x),))
    return ys if comm.rank == root else as_delegate(ys[0])


def scatter(comm: MpiCommunicatorBase, xs: Sequence[VariableLike] | Variable | None, root: int = 0) -> Variable:
    """Gives ``xs[i]`` of rank ``root`` to rank ``i``.

    Args:
        comm: The ranks.
        xs: One variable a rank; on other ranks ``None``, or one without elements as in :func:`bcast`.
        root: The rank that has them.

    Raises:
        ValueError: On rank ``root``, it is another number than there are ranks.
    """
    if comm.rank != root:
        (y,) = Scatter(comm, root).apply((_start(xs),))
        return y
    if xs is None or isinstance(xs, Variable) or len(xs) != comm.size:
        n = "none" if xs is None else str(len(xs))
        raise ValueError(f"xs must have one variable a rank: {comm.size} ranks, got {n}")
    (y,) = Scatter(comm, root).apply([in_graph(x) for x in xs])
    return y


def _sum(parts: Sequence[Variable]) -> Variable:
    return functools.reduce(operator.add, parts)


def _start(given: Any) -> Variable:
    """Where the graph of a rank begins that gets what it has from another: what the user gave for it, or a new one."""
    return given if isinstance(given, Variable) and given.size == 0 else Variable(_nothing())


def _nothing() -> Any:
    return numpy.empty(0, numpy.float32)
