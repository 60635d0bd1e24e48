"""Several batches, one step of the optimizer."""

from __future__ import annotations

import contextlib
from typing import Any

from chainer.reporter import DictSummary, Observation, get_current_reporter, report, report_scope
from chainer.training.updaters.standard_updater import StandardUpdater


class GradientAccumulationUpdater(StandardUpdater):
    """Averages the gradients of several batches before each step: a large batch in the memory of a small one.

    With a loss that is a mean over the batch, and batches of one size, the step is that of one batch of
    ``n_accumulation`` times the size. Batch normalization still sees the small ones. An iteration is one step; what is
    reported in it is averaged over its batches.

    Args:
        iterator: As for :class:`StandardUpdater`.
        optimizer: As for :class:`StandardUpdater`.
        n_accumulation: Batches to a step.
        kwargs: The further arguments of :class:`StandardUpdater`.

    Raises:
        ValueError: ``n_accumulation`` is smaller than one.

    Example:
        >>> import chainer
        >>> from chainer.training.updaters import GradientAccumulationUpdater
        >>> import chainer.links as L
        >>> import numpy as np
        >>> data = [(np.ones(3, "float32"), np.int32(0))] * 8
        >>> optimizer = chainer.optimizers.SGD().setup(L.Classifier(L.Linear(3, 2)))
        >>> updater = GradientAccumulationUpdater(chainer.iterators.SerialIterator(data, 2), optimizer, 4)
        >>> updater.update()
        >>> updater.epoch, updater.iteration, optimizer.t
        (1, 1, 1)
    """

    def __init__(self, iterator: Any, optimizer: Any, n_accumulation: int, **kwargs: Any) -> None:
        if n_accumulation < 1:
            raise ValueError(f"n_accumulation must be at least 1, got {n_accumulation}")
        super().__init__(iterator, optimizer, **kwargs)
        self.n_accumulation = n_accumulation
        self._is_new_epoch = False

    @property
    def is_new_epoch(self) -> bool:
        """Whether one of the batches of the last update completed a sweep."""
        return self._is_new_epoch

    def update_core(self) -> None:
        """Accumulates the gradients of some batches and takes a step."""
        iterator, optimizer = self._iterators["main"], self._optimizers["main"]
        loss_func = self._loss_func()
        summary = DictSummary()
        self._is_new_epoch = False
        optimizer.target.cleargrads()
        for _ in range(self.n_accumulation):
            args, kwargs = self._arguments(next(iterator))
            observation: Observation = {}
            with _scope(observation):
                loss = loss_func(*args, **kwargs) / self.n_accumulation
            loss.backward(loss_scale=optimizer._loss_scale)
            del loss  # the graph, before the next one is built
            summary.add(observation)
            self._is_new_epoch |= iterator.is_new_epoch
        optimizer.update()
        report(summary.compute_mean())
        self._call_new_epoch()


def _scope(observation: Observation) -> contextlib.AbstractContextManager[None]:
    try:
        get_current_reporter()
    except IndexError:  # an updater may also be used without a trainer: nobody listens then
        return contextlib.nullcontext()
    return report_scope(observation)
