"""What a trainer asks of the object that does a training step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer.serializer import AbstractSerializer

if TYPE_CHECKING:
    from chainer.optimizer import Optimizer
    from chainer.training.trainer import Trainer


class Updater:
    """Base of updaters: one call of :meth:`update` is one iteration.

    Attributes:
        iteration: How many updates have been done.
        epoch: Sweeps over the data set completed, and ``epoch_detail`` the same with its fraction,
            ``previous_epoch_detail`` the latter one iteration ago, ``is_new_epoch`` whether this iteration completed
            one. Subclasses provide them; triggers and extensions read them.
    """

    def connect_trainer(self, trainer: Trainer) -> None:
        """Called once with the trainer that will drive this updater."""

    def finalize(self) -> None:
        """Called after the last update, also if training failed: the place to close files and stop workers."""

    def get_optimizer(self, name: str) -> Any:
        """The optimizer of a name; ``'main'`` is what everybody calls the only one.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override get_optimizer")

    def get_all_optimizers(self) -> dict[str, Optimizer]:
        """All optimizers by name.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override get_all_optimizers")

    def update(self) -> None:
        """Does one iteration.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override update")

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores what the next update depends on.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override serialize")
