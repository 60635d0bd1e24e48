"""A part of the data for each rank."""

from __future__ import annotations

from typing import Any

import numpy
from chainer.datasets import SubDataset

from chainermn.communicators.communicator_base import CommunicatorBase


class DataSizeError(RuntimeError):
    """Kept for old code that catches it: data of any size is scattered now, in messages of limited size.

    Args:
        ds_size: Bytes of the data.
        pickled_ds_size: Bytes of it when pickled.
    """

    def __init__(self, ds_size: int, pickled_ds_size: int) -> None:
        super().__init__(f"dataset too large to be scattered: {ds_size} bytes, {pickled_ds_size} when pickled")


def scatter_dataset(
    dataset: Any,
    comm: CommunicatorBase,
    root: int = 0,
    shuffle: bool = False,
    seed: int | None = None,
    max_buf_len: int = 256 * 1024 * 1024,
    *,
    force_equal_length: bool = True,
) -> SubDataset:
    """Gives each rank an equal part of a dataset that one rank has.

    The dataset itself is copied to all ranks, and each looks at its own stretch of it: make it small, for example of
    the paths of files.

    Args:
        dataset: The dataset, on rank ``root``; it is not looked at on the others.
        comm: The ranks.
        root: The rank that has it.
        shuffle: Whether to draw a random order before it is cut.
        seed: Decides the order; with ``None`` it differs each time.
        max_buf_len: Largest message in bytes.
        force_equal_length: Whether all parts are of the same length, so that all ranks have as many iterations an
            epoch: up to one example a rank is then in two parts.

    Returns:
        The part of this rank, a dataset.

    Example:
        >>> import chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> list(chainermn.scatter_dataset(range(4), comm))
        [0, 1, 2, 3]
    """
    order = None
    if comm.rank == root and shuffle:
        order = numpy.random.RandomState(seed).permutation(len(dataset))
    data, order = comm.bcast_obj((dataset, order) if comm.rank == root else None, max_buf_len=max_buf_len, root=root)
    begin, end = scatter_index(len(data), comm, root, force_equal_length=force_equal_length)
    return SubDataset(data, begin, end, order)


def scatter_index(
    n_total_samples: int, comm: CommunicatorBase, root: int = 0, *, force_equal_length: bool = True
) -> tuple[int, int]:
    """The stretch of a dataset that belongs to this rank.

    For a dataset that every rank can open for itself: nothing is sent.

    Args:
        n_total_samples: Length of the dataset.
        comm: The ranks.
        root: Accepted for old code; all ranks compute the same.
        force_equal_length: Whether all stretches are of the same length, so that some overlap by one.

    Returns:
        First position, and first position that belongs to it no more.

    Raises:
        ValueError: ``n_total_samples`` is negative.

    Example:
        >>> import chainermn
        >>> chainermn.scatter_index(10, chainermn.create_communicator("naive"))
        (0, 10)
    """
    if n_total_samples < 0:
        raise ValueError(f"n_total_samples must not be negative, got {n_total_samples}")
    if force_equal_length:
        length = -(-n_total_samples // comm.size)
        begin = n_total_samples * comm.rank // comm.size
        return begin, begin + length
    # The first parts take one more each until nothing is left over.
    length, rest = divmod(n_total_samples, comm.size)
    begin = comm.rank * length + min(comm.rank, rest)
    return begin, begin + length + (comm.rank < rest)


def get_n_iterations_for_one_epoch(dataset: Any, local_batch_size: int, comm: CommunicatorBase) -> int:
    """Iterations in which the ranks together go once through their parts; called by all ranks.

    Args:
        dataset: The part of this rank.
        local_batch_size: Examples a rank and iteration.
        comm: The ranks; rank 0 decides.
    """
    return int(comm.bcast_obj(-(-len(dataset) // local_batch_size) if comm.rank == 0 else None))


def get_epoch_trigger(n_epochs: int, dataset: Any, local_batch_size: int, comm: CommunicatorBase) -> tuple[int, str]:
    """A trigger of so many epochs, counted in iterations so that it is the same on all ranks."""
    return n_epochs * get_n_iterations_for_one_epoch(dataset, local_batch_size, comm), "iteration"
