"""The plain iterator: reads examples when a batch is asked for."""

from __future__ import annotations

from typing import Any

from chainer.iterators._epoch_iterator import EpochIterator
from chainer.iterators._epoch_state import (
    OrderFunction,
    advance,
    check_batch_size,
    choose_order_function,
    initial_state,
)


class SerialIterator(EpochIterator):
    """Deals out batches in the calling thread, one example after the other.

    Args:
        dataset: Anything with ``len`` and integer indices.
        batch_size: Number of examples in a batch.
        repeat: Go on with another epoch after the last example, without end. The batch on the border then holds
            examples of both epochs; otherwise it is smaller, and the one after it raises ``StopIteration``.
        shuffle: Whether to shuffle each epoch; ``None`` does if there is no ``order_sampler``.
        order_sampler: Draws the order of each epoch: see :class:`OrderSampler`. The default draws from NumPy's
            global generator.

    Raises:
        ValueError: Both ``shuffle`` and ``order_sampler`` are given.

    Example:
        >>> from chainer.iterators import SerialIterator
        >>> iterator = SerialIterator("abcde", 2, shuffle=False)
        >>> [next(iterator) for _ in range(3)]
        [['a', 'b'], ['c', 'd'], ['e', 'a']]
        >>> iterator.epoch, iterator.is_new_epoch, iterator.epoch_detail
        (1, True, 1.2)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        order_sampler: OrderFunction | None = None,
    ) -> None:
        check_batch_size(batch_size)
        self.dataset = dataset
        self.batch_size = batch_size
        self._repeat = repeat
        self._shuffle = shuffle
        self.order_sampler = choose_order_function(shuffle, order_sampler)
        self.reset()

    def next(self) -> list[Any]:
        """The next batch."""
        self._previous_epoch_detail = self.epoch_detail
        dataset = self.dataset
        self._state, indices = advance(self._state, self.batch_size, self._repeat, self.order_sampler, dataset)
        return [dataset[i] for i in indices]

    def reset(self) -> None:
        """Goes back before the first batch, with a new order."""
        self._state = initial_state(self.dataset, self.order_sampler)
        self._previous_epoch_detail = -1.0
