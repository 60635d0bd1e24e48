"""Statistics that are no parameters, averaged over ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
from chainer import Link
from chainer.training import Extension

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from chainer.training import Trainer


class AllreducePersistent(Extension):
    """Averages the persistent arrays of a model over ranks, such as the running statistics of batch normalization.

    Each rank collects them from its own data; put this before an evaluation, so that all ranks evaluate the same model.

    Args:
        model: The model.
        comm: The ranks.

    Example:
        >>> import chainermn, chainer.links as L
        >>> comm = chainermn.create_communicator("naive")
        >>> average = chainermn.extensions.AllreducePersistent(L.BatchNormalization(3), comm)
        >>> average()  # or trainer.extend(average)
    """

    trigger = (1, "epoch")
    priority = 301  # just before evaluators

    def __init__(self, model: Link, comm: MpiCommunicatorBase) -> None:
        self.model = model
        self.comm = comm

    def __call__(self, trainer: Trainer | None = None) -> None:
        """Averages.

        Args:
            trainer: Not used.
        """
        for _, link in sorted(self.model.namedlinks(), key=lambda pair: pair[0]):
            for name in link.persistent_names():
                value = getattr(link, name)
                if getattr(value, "dtype", numpy.dtype(int)).kind == "f":
                    value[...] = self.comm.allreduce(value) / self.comm.size
