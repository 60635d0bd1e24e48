"""Observed values of all ranks in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy
from chainer.training import Extension, get_trigger

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from chainer.training import Trainer


class ObservationAggregator(Extension):
    """Replaces an observed value by its mean over ranks, or by what a function makes of it.

    Args:
        comm: The ranks.
        original_key: Name of the observation.
        aggregated_key: Name of the result; ``None`` is ``original_key``.
        comm_trigger: When the ranks exchange what they have observed since the last time.
        aggregator: Makes the result of a list by rank of lists of values; ``None`` is the mean of all.

    Example:
        >>> import chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> mean_loss = chainermn.extensions.ObservationAggregator(comm, "main/loss")  # trainer.extend(mean_loss)
    """

    trigger = (1, "iteration")
    priority = 200  # after those who write observations, before those who read them

    def __init__(
        self,
        comm: MpiCommunicatorBase,
        original_key: str,
        aggregated_key: str | None = None,
        *,
        comm_trigger: Any = (1, "iteration"),
        aggregator: Callable[[list[list[Any]]], Any] | None = None,
    ) -> None:
        self.comm = comm
        self.original_key = original_key
        self.aggregated_key = original_key if aggregated_key is None else aggregated_key
        self.comm_trigger = get_trigger(comm_trigger)
        self.aggregator = _mean if aggregator is None else aggregator
        self._values: list[Any] = []

    def __call__(self, trainer: Trainer) -> None:
        """Notes the value of this iteration; when it is time, exchanges the notes and observes the result."""
        if self.original_key in trainer.observation:
            self._values.append(_plain(trainer.observation[self.original_key]))
        if self.comm_trigger(trainer):
            result = self.compute_summary(trainer)
            if result is not None:
                trainer.observation[self.aggregated_key] = result

    def compute_summary(self, trainer: Trainer) -> Any:
        """The result of all values since the last time; ``None`` if no rank has any.

        Args:
            trainer: Not used.
        """
        by_rank = self.comm.allgather_obj(self._values)
        self._values = []
        return self.aggregator(by_rank) if any(by_rank) else None

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the state of the trigger."""
        if hasattr(self.comm_trigger, "serialize"):
            self.comm_trigger.serialize(serializer["comm_trigger"])


def _plain(value: Any) -> Any:
    """A number, of whatever device and kind it was."""
    array = getattr(value, "array", value)
    return array.item() if hasattr(array, "item") and getattr(array, "size", 1) == 1 else array


def _mean(values_by_rank: list[list[Any]]) -> Any:
    return numpy.mean([value for values in values_by_rank for value in values], axis=0)
