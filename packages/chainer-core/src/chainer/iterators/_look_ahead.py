"""Orders that were drawn for batches which nobody has taken yet."""

from __future__ import annotations

import collections
from typing import Any

from chainer.iterators._epoch_state import OrderFunction
from chainer.types import NdArray


class LookAhead:
    """Draws orders for an iterator that reads ahead, and can give back those it drew too early.

    Reading ahead across the end of an epoch draws the order of the next one before its time. Were such an order
    lost when the iterator is saved, the resumed run would draw another: the generator has moved on.

    Args:
        draw: What draws orders; ``None`` if the order is that of the dataset.
    """

    def __init__(self, draw: OrderFunction | None) -> None:
        self._draw = draw
        self._drawn: collections.deque[NdArray] = collections.deque()  # for batches that are under way
        self._returned: collections.deque[NdArray] = collections.deque()  # to be used before new ones are drawn
        self.n_drawn = 0

    def __call__(self, order: NdArray, position: int) -> NdArray:
        assert self._draw is not None
        new = self._returned.popleft() if self._returned else self._draw(order, position)
        self._drawn.append(new)
        self.n_drawn += 1
        return new

    def take(self, n: int) -> None:
        """Forgets the ``n`` oldest orders: the batch that needed them was dealt out."""
        for _ in range(n):
            self._drawn.popleft()

    def give_back(self) -> None:
        """The batches under way are thrown away: their orders will serve those that are read instead."""
        self._returned.extendleft(reversed(self._drawn))
        self._drawn.clear()

    @property
    def pending(self) -> list[NdArray]:
        """Orders that belong to no batch that was dealt out."""
        return [*self._drawn, *self._returned]

    @pending.setter
    def pending(self, orders: list[Any]) -> None:
        self._drawn.clear()
        self._returned = collections.deque(orders)
