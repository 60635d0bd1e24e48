"""Any optimizer, with gradients averaged over ranks."""

from __future__ import annotations

from typing import Any

from chainer import GradientMethod

from chainermn._double_buffering import DoubleBufferingOptimizer
from chainermn._multi_node_optimizer import MultiNodeOptimizer
from chainermn._sharded_optimizer import ShardedOptimizer
from chainermn.communicators.dummy_communicator import DummyCommunicator
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

_BUCKET_BYTES = 25 * 2**20


def create_multi_node_optimizer(
    actual_optimizer: GradientMethod,
    communicator: MpiCommunicatorBase,
    double_buffering: bool = False,
    zero_fill: bool = True,
    *,
    overlap: bool = True,
    bucket_bytes: int = _BUCKET_BYTES,
    sharded: bool = False,
    accumulate_steps: int = 1,
) -> Any:
    """Makes an optimizer average the gradients of all ranks before it updates the parameters.

    The first call of ``update`` gives all ranks the parameters of rank 0 and updates nothing; so does the first one
    after parameters have been added. ``update(lossfun, ...)`` averages gradients in buckets while backward still
    computes others; ``update()`` averages what gradients there are at once. A parameter that has a gradient on some
    ranks counts as zero on the others.

    Args:
        actual_optimizer: The optimizer; all its attributes are those of the result too.
        communicator: Averages.
        double_buffering: Whether to update with the mean gradients of the update before, while those of this one
            travel: hides the communication behind a whole iteration, with gradients one step old.
        zero_fill: Whether a parameter without gradient on any rank gets one of zeros; otherwise it stays without.
        overlap: Whether to send buckets while backward runs. The numbers are the same either way.
        bucket_bytes: Size of a bucket.
        sharded: Whether each rank keeps the states of one part of every parameter alone, updates this part, and gets
            the others from the other ranks (the first stage of ZeRO). With N ranks, states need an N-th of the memory,
            and as much is sent as otherwise. Parameters have no gradients after ``update``, and ``zero_fill``
            makes no difference. Update rules and hooks have to treat elements by themselves; clipping by the norm of
            all gradients works too.
        accumulate_steps: How many calls of ``update(lossfun, ...)`` make one step: all add to the gradients, the last
            one communicates and updates. With losses that are means over batches of one size, the step is that of one
            batch of all of them.

    Raises:
        TypeError: ``actual_optimizer`` is not a gradient method.
        ValueError: ``accumulate_steps`` is smaller than one; or options do not go together. Later, in ``update``: an
            update rule or a hook cannot work on parts.

    References:
        Rajbhandari et al., *ZeRO: Memory Optimizations Toward Training Trillion Parameter Models*, SC 2020,
        arXiv:1910.02054.

    Example:
        >>> import chainer, chainermn, numpy as np
        >>> import chainer.functions as F, chainer.links as L
        >>> comm = chainermn.create_communicator("naive")
        >>> model = L.Linear(2, 1)
        >>> optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), comm).setup(model)
        >>> for _ in range(3):
        ...     optimizer.update(lambda: F.sum(model(np.ones((1, 2), "float32"))))
        >>> optimizer.t
        2
    """
    if not isinstance(actual_optimizer, GradientMethod):
        raise TypeError(f"actual_optimizer must be a gradient method, got {type(actual_optimizer).__name__}")
    if accumulate_steps < 1:
        raise ValueError(f"accumulate_steps must be at least 1, got {accumulate_steps}")
    if double_buffering:
        if sharded or accumulate_steps > 1:
            raise ValueError("double_buffering works neither with sharded nor with accumulate_steps; pass False")
        return DoubleBufferingOptimizer(actual_optimizer, communicator, zero_fill)
    if sharded and isinstance(communicator, DummyCommunicator):
        raise ValueError("sharded needs a communicator that communicates: with dummy no rank would get the other parts")
    kind = ShardedOptimizer if sharded else MultiNodeOptimizer
    return kind(actual_optimizer, communicator, zero_fill, overlap, bucket_bytes, accumulate_steps)
