"""Iterators that read batches before they are asked for."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy

from chainer.iterators._epoch_iterator import EpochIterator
from chainer.iterators._epoch_state import EpochState, advance, initial_state
from chainer.iterators._look_ahead import LookAhead
from chainer.serializer import Deserializer

Job = TypeVar("Job")


@dataclass(frozen=True, slots=True)
class _UnderWay(Generic[Job]):
    job: Job
    state: EpochState  # the place after the batch
    n_drawn: int  # orders that it needed


class PrefetchingIterator(EpochIterator, Generic[Job]):
    """Keeps ``_n_ahead`` batches under way beside the one that is asked for.

    A subclass says how a batch is read: :meth:`_submit` starts it and :meth:`_collect` waits for it. What is
    dealt out, where the iterator stands and what it saves do not depend on how far it reads ahead.
    """

    _n_ahead = 1
    _draw: LookAhead
    _under_way: collections.deque[_UnderWay[Job]]

    def _submit(self, indices: list[int], state: EpochState) -> Job:
        """Starts to read the examples of a batch; ``state`` is the place after it."""
        raise NotImplementedError

    def _collect(self, job: Job) -> list[Any]:
        """Waits for a batch."""
        raise NotImplementedError

    def _cancel(self) -> None:
        """Drops all work that was started."""
        raise NotImplementedError

    def next(self) -> list[Any]:
        """The next batch.

        Raises:
            StopIteration: There are no more batches.
            Exception: What the dataset raised, with a note that names the index. The place stays where it was,
                so that the next call tries the same batch again.
        """
        self._previous_epoch_detail = self.epoch_detail
        try:
            self._read_ahead(1 + self._n_ahead)
            batch = self._collect(self._under_way[0].job) if self._under_way else None
        except BaseException:
            self._throw_away()
            raise
        if batch is None:
            raise StopIteration
        first = self._under_way.popleft()
        self._draw.take(first.n_drawn)
        self._state = first.state
        return batch

    def _read_ahead(self, n_batches: int) -> None:
        while len(self._under_way) < n_batches:
            state = self._under_way[-1].state if self._under_way else self._state
            before = self._draw.n_drawn
            draw = None if self.order_sampler is None else self._draw
            try:
                state, indices = advance(state, self.batch_size, self._repeat, draw, self.dataset)
            except StopIteration:
                return
            self._under_way.append(_UnderWay(self._submit(indices, state), state, self._draw.n_drawn - before))

    def _throw_away(self) -> None:
        self._under_way.clear()
        self._draw.give_back()
        self._cancel()

    def reset(self) -> None:
        """Goes back before the first batch, with a new order."""
        if hasattr(self, "_under_way"):
            self._throw_away()
        self._under_way = collections.deque()
        self._draw = LookAhead(self.order_sampler)
        self._state = initial_state(self.dataset, self.order_sampler)
        self._previous_epoch_detail = -1.0

    def _go_to_place_of(self, other: PrefetchingIterator[Any]) -> None:
        """For copies: takes over where another iterator stands and what draws its orders."""
        self.order_sampler = other.order_sampler
        self._draw = LookAhead(other.order_sampler)
        self._draw.pending = other._draw.pending
        self._state = other._state
        self._previous_epoch_detail = other._previous_epoch_detail

    def serialize(self, serializer: Any) -> None:
        """Saves or restores the place, and the orders that were drawn while reading ahead of it."""
        loading = isinstance(serializer, Deserializer)
        if loading:
            self._throw_away()
        super().serialize(serializer)
        if loading:
            self._draw.pending = _load_pending(serializer)
        elif self._draw.pending:
            serializer("next_orders", numpy.stack(self._draw.pending))


def _load_pending(serializer: Any) -> list[Any]:
    try:
        # None asks for whatever is in the file.
        return list(serializer("next_orders", None))
    except KeyError:  # nothing was drawn ahead
        return []
