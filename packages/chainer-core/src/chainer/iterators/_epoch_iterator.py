"""What the iterators that deal out batches of a dataset have in common."""

from __future__ import annotations

from typing import Any

from chainer.dataset.iterator import Iterator
from chainer.iterators._epoch_state import EpochState
from chainer.types import NdArray


class EpochIterator(Iterator):
    """An iterator with a dataset and a place in its epochs.

    A subclass sets the attributes below and defines ``next``.
    """

    dataset: Any
    batch_size: int
    order_sampler: Any
    _repeat: bool
    _state: EpochState
    _previous_epoch_detail: float
    _order_key = "order"

    @property
    def current_position(self) -> int:
        """Examples of the current epoch that were dealt out."""
        return self._state.position

    @property
    def epoch(self) -> int:
        """Number of completed epochs."""
        return self._state.epoch

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last batch completed an epoch."""
        return self._state.is_new_epoch

    @property
    def epoch_detail(self) -> float:
        """Completed epochs, with the fraction of the current one."""
        return self._state.epoch_detail(self.dataset)

    @property
    def previous_epoch_detail(self) -> float | None:
        """:attr:`epoch_detail` before the last batch; ``None`` if there was none."""
        return None if self._previous_epoch_detail < 0 else self._previous_epoch_detail

    @property
    def repeat(self) -> bool:
        """Whether another epoch follows upon the last."""
        return self._repeat

    def serialize(self, serializer: Any) -> None:
        """Saves or restores the place: position, epoch, the order of the epoch, the sampler's own generator."""
        state = self._state
        position = serializer("current_position", state.position)
        epoch = serializer("epoch", state.epoch)
        is_new_epoch = serializer("is_new_epoch", state.is_new_epoch)
        order = None if state.order is None else self._serialize_order(serializer, state.order)
        self._state = EpochState(int(position), int(epoch), bool(is_new_epoch), order)
        try:
            self._previous_epoch_detail = float(serializer("previous_epoch_detail", self._previous_epoch_detail))
        except KeyError:  # files of chainer 1 do not have it
            before = self.epoch_detail - self.batch_size / max(self._state.epoch_size(self.dataset), 1)
            self._previous_epoch_detail = max(before, 0.0) if self.epoch_detail > 0 else -1.0
        if hasattr(self.order_sampler, "serialize"):
            self.order_sampler.serialize(serializer["order_sampler"])

    def _serialize_order(self, serializer: Any, order: NdArray) -> NdArray:
        # A loading serializer writes into the array it is given: the one in use must not change under a copy.
        keys = (self._order_key, "_order" if self._order_key == "order" else "order")
        try:
            try:
                return serializer(keys[0], order.copy())
            except KeyError:
                return serializer(keys[1], order.copy())
        except KeyError as error:
            raise KeyError(
                "the file does not hold the order of the epoch: it was saved by an iterator that does not shuffle; "
                "make this one with shuffle=False, too"
            ) from error
        except ValueError as error:
            raise ValueError(
                f"the order of the epoch in the file is not one of {len(order)} examples: "
                f"it was saved with another dataset ({error})"
            ) from error
