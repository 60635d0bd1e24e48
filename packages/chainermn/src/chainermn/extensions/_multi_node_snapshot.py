"""One snapshot for ranks that hold the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chainer.training import Extension

from chainermn._sharded_optimizer import ShardedOptimizer
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from chainer.training import Trainer


def multi_node_snapshot(
    comm: MpiCommunicatorBase, snapshot: Any, replica_sets: Sequence[Iterable[int]]
) -> _MultiNodeSnapshot:
    """Lets one rank of each set of equal ranks write the snapshot.

    In data parallelism all ranks hold the same model, so one snapshot is enough; with several sets, as in model
    parallelism, one a set is written, with the rank at the end of its name.

    Args:
        comm: The ranks.
        snapshot: The extension that writes: :func:`chainer.training.extensions.snapshot`.
        replica_sets: Sets of ranks that hold the same; ranks in none of them are one more set.

    Raises:
        ValueError: A rank does not exist or is in two sets.

    Example:
        >>> import chainermn
        >>> from chainer.training import extensions
        >>> comm = chainermn.create_communicator("naive")
        >>> snapshot = chainermn.extensions.multi_node_snapshot(comm, extensions.snapshot(), [[0]])
        >>> snapshot.is_master
        True
    """
    return _MultiNodeSnapshot(comm, snapshot, replica_sets)


class _MultiNodeSnapshot(Extension):
    """The extension behind :func:`multi_node_snapshot`.

    Attributes:
        replica_set: Ranks that hold the same as this one.
        master: The one that writes: the lowest.
        is_master: Whether that is this rank.
    """

    def __init__(self, comm: MpiCommunicatorBase, snapshot: Any, replica_sets: Sequence[Iterable[int]]) -> None:
        self.comm = comm
        self.snapshot = snapshot
        self.replica_set = _set_of(comm.rank, comm.size, [set(ranks) for ranks in replica_sets])
        self.master = min(self.replica_set)
        self.is_master = self.master == comm.rank
        self.trigger = snapshot.trigger
        self.priority = snapshot.priority
        if self.is_master and isinstance(getattr(snapshot, "filename", None), str):
            snapshot.filename += f".{comm.rank}"

    def initialize(self, trainer: Trainer) -> None:
        """Resumes all ranks of the set from the snapshot of one, if that is to be done.

        Raises:
            ValueError: Ranks of the set do not hold the same: an optimizer is sharded.
        """
        optimizers = trainer.updater.get_all_optimizers().values()
        if len(self.replica_set) > 1 and any(isinstance(each, ShardedOptimizer) for each in optimizers):
            raise ValueError(
                "a snapshot of one rank has only its part of the states of a sharded optimizer; use "
                "create_multi_node_checkpointer, or a replica set for each rank"
            )
        if self.is_master:
            self.snapshot.initialize(trainer)

    def __call__(self, trainer: Trainer) -> None:
        """Saves a snapshot on one rank of the set; the others wait for it, so that none runs ahead of it."""
        if self.is_master:
            self.snapshot(trainer)
        self.comm.allgather_obj(None)

    def on_error(self, trainer: Trainer, exc: Exception, tb: TracebackType | None) -> None:
        """Lets the snapshot do what it does on errors."""
        if self.is_master:
            self.snapshot.on_error(trainer, exc, tb)

    def on_interrupt(self, trainer: Trainer) -> None:
        """Lets the snapshot do what it does when training is interrupted."""
        if self.is_master:
            self.snapshot.on_interrupt(trainer)

    def finalize(self) -> None:
        """Waits until everything is written."""
        if self.is_master:
            self.snapshot.finalize()

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the state of the snapshot extension."""
        self.snapshot.serialize(serializer)


def _set_of(rank: int, size: int, replica_sets: list[set[int]]) -> set[int]:
    named = [r for ranks in replica_sets for r in ranks]
    if len(named) != len(set(named)) or not set(named) <= set(range(size)):
        raise ValueError(f"replica_sets must be disjoint sets of ranks from 0 to {size - 1}, got {replica_sets}")
    rest = set(range(size)) - set(named)
    return next((ranks for ranks in replica_sets if rank in ranks), rest)
