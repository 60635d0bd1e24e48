"""Arrays among all ranks, and their gradients back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import chainer
import numpy
from chainer import Variable, backend
from chainer.types import Arrays, VariableLike

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions._delegate import as_delegate


class _Collective(chainer.Function):
    """Base of the nodes below: all ranks go through forward and through backward together.

    Args:
        comm: The ranks.
    """

    def __init__(self, comm: MpiCommunicatorBase) -> None:
        super().__init__()
        self.comm = comm

    def _filled(self, grad_outputs: Arrays) -> Arrays:
        """The gradients, zeros where there are none: other ranks wait for them."""
        xp = backend.get_array_module(*grad_outputs)
        return tuple(
            xp.zeros(shape, dtype) if gy is None else gy for gy, (shape, dtype) in zip(grad_outputs, self._outputs)
        )

    def _note(self, outputs: Arrays) -> Arrays:
        self._outputs = [(y.shape, y.dtype) for y in outputs]
        return outputs

    def _sum_of_parts(self, grads: Sequence[Any]) -> Any:
        """The sum of what ranks have for this one."""
        parts = self.comm.alltoall(tuple(grads))
        return sum(parts[1:], start=parts[0])


class AllGather(_Collective):
    """Node of :func:`allgather`."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        return self._note(self.comm.allgather(inputs[0]))

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        return (self._sum_of_parts(self._filled(grad_outputs)),)


class AllToAll(_Collective):
    """Node of :func:`alltoall`."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        return self._note(self.comm.alltoall(inputs))

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        return self.comm.alltoall(self._filled(grad_outputs))


class _Rooted(_Collective):
    """One rank plays another part than the others.

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
        self.retain_inputs(())
        return self._note((self.comm.bcast(inputs[0] if self.is_root else None, root=self.root),))

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        gxs = self.comm.gather(self._filled(grad_outputs)[0], self.root)
        if gxs is None:
            return (_nothing(),)
        return (sum(gxs[1:], start=gxs[0]),)


class Gather(_Rooted):
    """Node of :func:`gather`."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        ys = self.comm.gather(inputs[0], self.root)
        return self._note((_nothing(),) if ys is None else ys)

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        return (self.comm.scatter(self._filled(grad_outputs) if self.is_root else None, self.root),)


class Scatter(_Rooted):
    """Node of :func:`scatter`."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(())
        return self._note((self.comm.scatter(inputs if self.is_root else None, self.root),))

    def backward(self, inputs: Arrays, grad_outputs: Arrays) -> Arrays:
        gxs = self.comm.gather(self._filled(grad_outputs)[0], self.root)
        return (_nothing(),) if gxs is None else gxs


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
    return _as_tuple(AllGather(comm)(x))


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
    return _as_tuple(AllToAll(comm)(*xs))


def bcast(comm: MpiCommunicatorBase, x: VariableLike | None, root: int = 0) -> Variable:
    """The variable of rank ``root``, on all ranks; its gradient is the sum of theirs.

    Args:
        comm: The ranks.
        x: Variable; not looked at on other ranks.
        root: The rank that has it.
    """
    y: Variable = Bcast(comm, root)(x if comm.rank == root else Variable(_nothing()))
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
    ys = Gather(comm, root)(x)
    return _as_tuple(ys) if comm.rank == root else as_delegate(ys)


def scatter(comm: MpiCommunicatorBase, xs: Sequence[VariableLike] | None, root: int = 0) -> Variable:
    """Gives ``xs[i]`` of rank ``root`` to rank ``i``.

    Args:
        comm: The ranks.
        xs: One variable a rank; not looked at on other ranks.
        root: The rank that has them.

    Raises:
        ValueError: On rank ``root``, it is another number than there are ranks.
    """
    if comm.rank != root:
        return Scatter(comm, root)(Variable(_nothing()))
    if xs is None or len(xs) != comm.size:
        n = "none" if xs is None else str(len(xs))
        raise ValueError(f"xs must have one variable a rank: {comm.size} ranks, got {n}")
    return Scatter(comm, root)(*xs)


def _as_tuple(ys: Any) -> tuple[Variable, ...]:
    return ys if isinstance(ys, tuple) else (ys,)


def _nothing() -> Any:
    return numpy.empty(0, numpy.float32)
