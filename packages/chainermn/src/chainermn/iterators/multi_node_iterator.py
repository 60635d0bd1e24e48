"""The same batches on all ranks."""

from __future__ import annotations

from typing import Any

from chainer.dataset import Iterator

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

_PROGRESS = ("epoch", "is_new_epoch", "epoch_detail", "previous_epoch_detail", "current_position")


def create_multi_node_iterator(
    actual_iterator: Any, communicator: MpiCommunicatorBase, rank_master: int = 0
) -> Iterator:
    """Makes an iterator give the batches of one rank to all ranks.

    For model parallelism, where several ranks need the same input. All of them have to iterate together.

    Args:
        actual_iterator: The iterator; not looked at on other ranks than ``rank_master``, where it may be ``None``.
        communicator: The ranks.
        rank_master: The rank that iterates.

    Example:
        >>> import chainer, chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> iterator = chainer.iterators.SerialIterator([1, 2, 3], 2, shuffle=False)
        >>> chainermn.iterators.create_multi_node_iterator(iterator, comm).next()
        [1, 2]
    """
    is_master = communicator.rank == rank_master
    return _MultiNodeIterator(actual_iterator if is_master else None, communicator, rank_master)


class _MultiNodeIterator(Iterator):
    """The iterator behind :func:`create_multi_node_iterator`.

    Attributes:
        epoch, is_new_epoch, epoch_detail, previous_epoch_detail, current_position: Those of the master's iterator.
        dataset, batch_size, repeat: The same, constant.
    """

    epoch: int
    is_new_epoch: bool
    epoch_detail: float
    previous_epoch_detail: float | None
    current_position: int

    def __init__(self, actual_iterator: Any, communicator: MpiCommunicatorBase, rank_master: int) -> None:
        self.actual_iterator = actual_iterator
        self.communicator = communicator
        self.rank_master = rank_master
        constants = {name: getattr(actual_iterator, name, None) for name in ("batch_size", "repeat", "dataset")}
        for name, value in communicator.bcast_obj(constants, root=rank_master).items():
            setattr(self, name, value)
        self._share(self._progress())

    def next(self) -> Any:
        """The next batch of the master."""
        batch: Any = None
        is_over = False
        if self.actual_iterator is not None:
            try:
                batch = self.actual_iterator.next()
            except StopIteration:
                is_over = True  # the others have to hear of it
        batch, is_over = self._share(self._progress(), (batch, is_over))
        if is_over:
            raise StopIteration
        return batch

    def reset(self) -> None:
        """Goes back before the first batch."""
        if self.actual_iterator is not None:
            self.actual_iterator.reset()
        self._share(self._progress())

    def finalize(self) -> None:
        """Ends the iterator of the master."""
        if self.actual_iterator is not None:
            self.actual_iterator.finalize()

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the iterator on the master; the others hear from it where it is."""
        if self.actual_iterator is not None:
            self.actual_iterator.serialize(serializer)
        self._share(self._progress())

    def _progress(self) -> dict[str, Any]:
        return {name: getattr(self.actual_iterator, name, None) for name in _PROGRESS}

    def _share(self, progress: dict[str, Any], payload: Any = None) -> Any:
        progress, payload = self.communicator.bcast_obj((progress, payload), root=self.rank_master)
        for name, value in progress.items():
            setattr(self, name, value)
        return payload
