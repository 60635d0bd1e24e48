"""How long the mean of a buffer over all ranks takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import chainer
import numpy
from chainer.types import NdArray

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

SIZES = tuple(8 * 4**i for i in range(12))  # bytes: 8 B to 32 MiB
_SECONDS = 0.2  # spent on one size, at least
_FEWEST, _MOST = 5, 500  # repetitions


@dataclass(frozen=True, slots=True)
class Timing:
    """One size.

    Attributes:
        nbytes: Of the buffer.
        seconds: Median over repetitions, of the slowest rank.
        bandwidth: Bytes a second that each rank has sent, if it sent the least that an allreduce can.
    """

    nbytes: int
    seconds: float
    bandwidth: float


def allreduce_timings(comm: MpiCommunicatorBase, sizes: Sequence[int] = SIZES, device: Any = "@numpy") -> list[Timing]:
    """Times the means of buffers as a training step asks for them; called by all ranks together.

    Args:
        comm: Averages, in the dtype that it is configured for.
        sizes: In bytes.
        device: Where the buffers are.

    Example:
        >>> import chainermn
        >>> from chainermn.benchmark.collectives import allreduce_timings
        >>> [timing.nbytes for timing in allreduce_timings(chainermn.create_communicator("naive"), sizes=[8, 64])]
        [8, 64]
    """
    dtype = comm.wire_dtype(numpy.dtype(numpy.float32))
    send = chainer.get_device(device).send
    return [_timing(comm, send(numpy.zeros(size // dtype.itemsize, dtype))) for size in sizes]


def _timing(comm: MpiCommunicatorBase, buffer: NdArray) -> Timing:
    once = max(comm.allgather_obj(_once(comm, buffer)))
    repetitions = int(min(_MOST, max(_FEWEST, _SECONDS / max(once, 1e-9))))
    median = statistics.median(_once(comm, buffer) for _ in range(repetitions))
    seconds = max(comm.allgather_obj(median))
    share = 2 * (comm.size - 1) / comm.size
    return Timing(buffer.nbytes, seconds, share * buffer.nbytes / seconds)


def _once(comm: MpiCommunicatorBase, buffer: NdArray) -> float:
    start = time.perf_counter()
    comm.mean_in_place(buffer)
    return time.perf_counter() - start
