"""Batch normalization over the batches of all ranks."""

from __future__ import annotations

from typing import Any

from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl
from chainer.types import NdArray

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

_BACKENDS = ("auto", "mpi", "nccl")


class MultiNodeBNImplSelector:
    """Chooses how :class:`chainer.functions.normalization.batch_normalization.BatchNormalization` takes its means.

    Args:
        comm: The ranks.
        communication_backend_name: ``'mpi'`` or ``'nccl'``, as :func:`get_communication_backend` tells.
    """

    def __init__(self, comm: MpiCommunicatorBase, communication_backend_name: str) -> None:
        self.comm = comm
        self.communication_backend_name = communication_backend_name

    def __call__(self, func: Any, inputs: Any) -> GeneralBatchNormalizationImpl:
        return _OverRanks(self.comm)


class _OverRanks(GeneralBatchNormalizationImpl):
    """Means over the batches of all ranks, which may be of different sizes."""

    def __init__(self, comm: MpiCommunicatorBase) -> None:
        self._comm = comm

    def get_mean_and_var(
        self, axis: tuple[int, ...], gamma: NdArray, x: NdArray, xp: Any, interm_dtype: Any
    ) -> tuple[NdArray, NdArray]:
        # First the mean, then the squares of the distances from it: the mean of squares minus the square of the mean
        # would cancel. One more number in each message counts the elements.
        count = x.size // max(gamma.size, 1)
        sums = xp.append(x.sum(axis=axis, dtype=interm_dtype).ravel(), interm_dtype.type(count))
        totals = self._comm.allreduce(sums)
        self._share = count / float(totals[-1])
        mean = (totals[:-1] / totals[-1]).reshape(gamma.shape)
        keep = [slice(None) if i not in axis else None for i in range(x.ndim)]
        distance = x.astype(interm_dtype, copy=False) - mean[tuple(keep)]
        squares = (distance * distance).sum(axis=axis, dtype=interm_dtype)
        return mean, self._comm.allreduce(squares) / totals[-1]

    def get_ggamma_and_gbeta(
        self, axis: tuple[int, ...], gamma: NdArray, gy: NdArray, x_hat: NdArray, xp: Any
    ) -> tuple[NdArray, NdArray]:
        ggamma = (gy * x_hat).sum(axis=axis)
        gbeta = gy.sum(axis=axis)
        totals = self._comm.allreduce(xp.stack([ggamma, gbeta]))
        # The part of this rank: what follows divides by the size of its own batch.
        totals *= self._share
        return totals[0], totals[1]


def get_communication_backend(comm: MpiCommunicatorBase, communication_backend: str = "auto") -> str:
    """How batch normalization talks to other ranks: ``'mpi'`` or ``'nccl'``.

    Args:
        comm: The ranks.
        communication_backend: One of these, or ``'auto'``: NCCL where the communicator has it.

    Raises:
        ValueError: It is none of these, or the communicator does not have it.

    Example:
        >>> import chainermn
        >>> from chainermn.functions.batch_normalization import get_communication_backend
        >>> get_communication_backend(chainermn.create_communicator("naive"))
        'mpi'
    """
    if communication_backend not in _BACKENDS:
        raise ValueError(f"communication_backend must be one of {', '.join(_BACKENDS)}, got {communication_backend!r}")
    has_nccl = getattr(comm, "has_nccl", False)
    if communication_backend == "nccl" and not has_nccl:
        raise ValueError(f"communication_backend 'nccl' needs a pure_nccl communicator, got {type(comm).__name__}")
    if communication_backend == "auto":
        return "nccl" if has_nccl else "mpi"
    return communication_backend
