"""The same order on all ranks."""

from __future__ import annotations

from typing import Any

import numpy
from chainer.dataset import Iterator
from chainer.iterators import ShuffleOrderSampler

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase


def create_synchronized_iterator(actual_iterator: Any, communicator: MpiCommunicatorBase) -> Any:
    """Makes iterators over the same data draw the same order on all ranks.

    For model parallelism, where several ranks need the same batch and each can open the data for itself.

    Args:
        actual_iterator: The iterator of this rank; it is reset, and draws its orders from a generator of its own that
            is the same on all ranks. One that does not shuffle stays as it is.
        communicator: The ranks; rank 0 draws the seed.

    Raises:
        ValueError: The iterator has an order sampler of its own, which may draw from anywhere.

    Example:
        >>> import chainer, chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> iterator = chainermn.iterators.create_synchronized_iterator(
        ...     chainer.iterators.SerialIterator(list(range(4)), 2), comm
        ... )
        >>> len(iterator.next())
        2
    """
    seed = communicator.bcast_obj(int(numpy.random.randint(0, 2**31 - 1)) if communicator.rank == 0 else None)
    sampler = getattr(actual_iterator, "order_sampler", None)
    if type(sampler) is ShuffleOrderSampler:
        actual_iterator.order_sampler = ShuffleOrderSampler(numpy.random.RandomState(seed))
        actual_iterator.reset()
    elif sampler is not None:
        raise ValueError(
            f"actual_iterator must use ShuffleOrderSampler or not shuffle, got {type(sampler).__name__}; give its "
            "sampler the same seed on all ranks instead"
        )
    return _SynchronizedIterator(actual_iterator)


class _SynchronizedIterator(Iterator):
    """The iterator behind :func:`create_synchronized_iterator`; has the attributes of the actual one.

    Attributes:
        actual_iterator: As given.
    """

    def __init__(self, actual_iterator: Any) -> None:
        self.actual_iterator = actual_iterator

    def __getattr__(self, name: str) -> Any:
        if name == "actual_iterator":  # not there yet, as while it is being unpickled
            raise AttributeError(name)
        return getattr(self.actual_iterator, name)

    def next(self) -> Any:
        """The next batch."""
        return self.actual_iterator.next()

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the actual iterator."""
        self.actual_iterator.serialize(serializer)

    def finalize(self) -> None:
        """Ends the actual iterator."""
        self.actual_iterator.finalize()
