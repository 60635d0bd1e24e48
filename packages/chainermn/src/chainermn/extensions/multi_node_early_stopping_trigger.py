"""Early stopping that all ranks agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer.training.triggers import EarlyStoppingTrigger

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.extensions.observation_aggregator import ObservationAggregator

if TYPE_CHECKING:
    from chainer.training import Trainer


class MultiNodeEarlyStoppingTrigger:
    """Stops training on all ranks when the mean of a value over ranks has stopped to improve.

    Args:
        comm: The ranks.
        check_trigger: When to look at the value.
        monitor: Name of the value.
        patience: How many times it may fail to improve.
        mode: ``'max'``, ``'min'``, or ``'auto'``: as the name of the value suggests.
        verbose: Whether to say when it fails.
        max_trigger: When training ends at the latest.
        suffix: Put behind ``monitor`` to name the mean.

    Example:
        >>> import chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> stop = chainermn.extensions.MultiNodeEarlyStoppingTrigger(comm, monitor="validation/main/loss", patience=3)
        >>> stop.get_training_length()
        (100, 'epoch')
    """

    def __init__(
        self,
        comm: MpiCommunicatorBase,
        *,
        check_trigger: Any = (1, "epoch"),
        monitor: str = "main/loss",
        patience: int | None = None,
        mode: str = "auto",
        verbose: bool = False,
        max_trigger: tuple[int, str] = (100, "epoch"),
        suffix: str = "_aggregated",
        **kwargs: Any,
    ) -> None:
        options = {} if patience is None else {"patience": patience}
        self._aggregator = ObservationAggregator(comm, monitor, monitor + suffix, comm_trigger=check_trigger)
        self._trigger = EarlyStoppingTrigger(
            check_trigger=check_trigger,
            monitor=monitor + suffix,
            mode=mode,
            verbose=verbose,
            max_trigger=max_trigger,
            **options,
            **kwargs,
        )

    def __call__(self, trainer: Trainer) -> bool:
        """Whether training is to stop; the same on all ranks."""
        self._aggregator(trainer)
        return bool(self._trigger(trainer))

    def get_training_length(self) -> tuple[int, str]:
        """When training ends at the latest, for progress bars."""
        return self._trigger.get_training_length()

    def serialize(self, serializer: Any) -> None:
        """Saves or loads what has been seen so far."""
        self._trigger.serialize(serializer)
