"""Where an iterator stands, and how a batch moves it on: the arithmetic that all iterators share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from chainer.iterators.order_samplers import ShuffleOrderSampler

OrderFunction = Callable[[Any, int], Any]


@dataclass(frozen=True, slots=True)
class EpochState:
    """A place between two batches.

    Args:
        position: Examples of the current epoch that were dealt out.
        epoch: Epochs that are complete.
        is_new_epoch: Whether the last batch completed one.
        order: Indices of the examples in the order of this epoch; ``None`` is the order of the dataset.
    """

    position: int = 0
    epoch: int = 0
    is_new_epoch: bool = False
    order: numpy.ndarray | None = None

    def epoch_size(self, dataset: Any) -> int:
        """Number of examples in this epoch."""
        return len(dataset) if self.order is None else len(self.order)

    def epoch_detail(self, dataset: Any) -> float:
        """Completed epochs, with the fraction of the current one."""
        size = self.epoch_size(dataset)
        return self.epoch + (self.position / size if size else 0.0)


def choose_order_function(shuffle: bool | None, order_sampler: OrderFunction | None) -> OrderFunction | None:
    """What draws orders, from the two arguments that all iterators have."""
    if order_sampler is None:
        return ShuffleOrderSampler() if shuffle is None or shuffle else None
    if shuffle is not None:
        raise ValueError(
            "`shuffle` is not `None` and a custom `order_sampler` is set. "
            "Please set `shuffle` to `None` to use the custom order sampler."
        )
    return order_sampler


def check_batch_size(batch_size: Any) -> None:
    """Refuses what cannot be a number of examples."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | numpy.integer):
        raise TypeError(f"batch_size must be an integer, got {batch_size!r}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be positive, got {batch_size}")


def initial_state(dataset: Any, draw: OrderFunction | None) -> EpochState:
    """The place before the first batch. Draws the order of the first epoch."""
    if draw is None:
        return EpochState()
    return EpochState(order=draw(numpy.arange(len(dataset)), 0))


def advance(
    state: EpochState, batch_size: int, repeat: bool, draw: OrderFunction | None, dataset: Any
) -> tuple[EpochState, list[int]]:
    """Deals out the next batch.

    Args:
        state: Place before the batch.
        batch_size: Number of examples; the last batch is smaller if epochs do not repeat.
        repeat: Whether another epoch follows.
        draw: Draws the order of a new epoch.
        dataset: Tells the number of examples.

    Returns:
        Place after the batch and the indices of its examples.

    Raises:
        StopIteration: There are no more batches.
        ValueError: Epochs without examples cannot repeat.
    """
    size = state.epoch_size(dataset)
    if not repeat and (state.epoch > 0 or size == 0):
        raise StopIteration
    if size == 0:
        raise ValueError("epoch size must be positive for an iterator that repeats: the dataset is empty")
    position, order = state.position, state.order
    end = position + batch_size
    if end < size:
        return EpochState(end, state.epoch, False, order), _take(order, position, end)
    indices = _take(order, position, size)
    if not repeat:
        return EpochState(0, state.epoch + 1, True, order), indices
    epoch = state.epoch
    while True:
        epoch += 1
        if order is not None and draw is not None:
            order = draw(order, position)
            if order is None or len(order) != size:
                got = "None" if order is None else f"{len(order)} indices"
                raise ValueError(f"all orders must have the size of the first one, {size}: order_sampler gave {got}")
        missing = batch_size - len(indices)
        if missing < size:
            indices += _take(order, 0, missing)
            return EpochState(missing, epoch, True, order), indices
        position = 0
        indices += _take(order, 0, size)


def _take(order: Any, start: int, stop: int) -> list[int]:
    # Lists of Python integers: faster to index with, and what a dataset expects.
    return list(range(start, stop)) if order is None else order[start:stop].tolist()
