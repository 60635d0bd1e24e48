"""A model with its batch normalizations spread over ranks."""

from __future__ import annotations

import copy
from typing import Any, cast

from chainer import Link
from chainer.links import BatchNormalization

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.links.batch_normalization import MultiNodeBatchNormalization


def create_mnbn_model(link: Any, comm: MpiCommunicatorBase, communication_backend: str = "auto") -> Any:
    """A copy of a model in which every ``BatchNormalization`` is a :class:`MultiNodeBatchNormalization`.

    Parameters, running averages and everything else are those of the original.

    Args:
        link: The model, or a batch normalization.
        comm: The ranks.
        communication_backend: As for :class:`MultiNodeBatchNormalization`.

    Example:
        >>> import chainer, chainermn
        >>> import chainer.links as L
        >>> comm = chainermn.create_communicator("naive")
        >>> model = chainermn.links.create_mnbn_model(chainer.Sequential(L.Linear(2, 3), L.BatchNormalization(3)), comm)
        >>> type(model[1]).__name__
        'MultiNodeBatchNormalization'
    """
    model = copy.deepcopy(link)
    if isinstance(model, Link):
        for each in model.links():
            if type(each) is BatchNormalization:
                # The same link with another forward: references to it, from wherever in the model, stay right.
                each.__class__ = MultiNodeBatchNormalization
                cast(MultiNodeBatchNormalization, each).connect(comm, communication_backend)
    return model
