"""One batch, one step of the optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer import backend
from chainer.backend import Device
from chainer.dataset.convert import _call_converter, concat_examples
from chainer.serializer import AbstractSerializer
from chainer.training._batch import as_arguments
from chainer.training._updater import Updater
from chainer.types import DeviceSpec
from chainer.utils import argument


class StandardUpdater(Updater):
    """Takes a batch from the iterator, computes the loss, and lets the optimizer take a step.

    Override :meth:`update_core` for anything more involved, such as two optimizers that play against each other.

    Args:
        iterator: Over the training data; or a dict of iterators, of which ``'main'`` counts the epochs.
        optimizer: Set up with the model; or a dict of optimizers.
        converter: Makes arrays of a batch. A tuple is spread over the arguments of the loss, a dict goes by name.
        device: Where to move the models and send the arrays; ``None`` leaves all where it is.
        loss_func: Loss of a batch; ``None`` is the model of the main optimizer.
        loss_scale: Factor of the loss that keeps float16 gradients from vanishing; the optimizers divide it out.
        auto_new_epoch: Whether to call ``new_epoch`` of the main optimizer at the end of each epoch.
        input_device: Where to send the arrays, if that differs from ``device``.

    Attributes:
        converter: As given.
        loss_func: As given.
        iteration: How many updates have been done.
        loss_scale: As given.
        auto_new_epoch: As given.

    Raises:
        TypeError: An unknown argument.
    """

    def __init__(
        self,
        iterator: Any,
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        device: DeviceSpec | None = None,
        loss_func: Callable[..., Any] | None = None,
        loss_scale: float | None = None,
        auto_new_epoch: bool = True,
        **kwargs: Any,
    ) -> None:
        (input_device,) = argument.parse_kwargs(kwargs, ("input_device", None))
        self._iterators: dict[str, Any] = iterator if isinstance(iterator, dict) else {"main": iterator}
        self._optimizers: dict[str, Any] = optimizer if isinstance(optimizer, dict) else {"main": optimizer}
        self._device = None if device is None else backend.get_device(device)
        self._input_device = self._device if input_device is None else backend.get_device(input_device)
        if self._device is not None:
            for each in self._optimizers.values():
                each.target.to_device(self._device)
        self.converter = converter
        self.loss_func = loss_func
        self.iteration = 0
        self.loss_scale = loss_scale
        if loss_scale is not None:
            for each in self._optimizers.values():
                each.set_loss_scale(loss_scale)
        self.auto_new_epoch = auto_new_epoch
        if auto_new_epoch and "main" in self._optimizers:
            self._optimizers["main"].use_auto_new_epoch = True

    @property
    def device(self) -> Device | None:
        """Device of the models, if one was given."""
        return self._device

    @property
    def input_device(self) -> Device | None:
        """Device that batches are sent to, if one was given."""
        return self._input_device

    @property
    def epoch(self) -> int:
        """Sweeps over the data set completed."""
        return self._iterators["main"].epoch

    @property
    def epoch_detail(self) -> float:
        """Sweeps over the data set, with the fraction of the one in progress."""
        return self._iterators["main"].epoch_detail

    @property
    def previous_epoch_detail(self) -> float:
        """:attr:`epoch_detail` before the last update."""
        return self._iterators["main"].previous_epoch_detail

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last update completed a sweep."""
        return self._iterators["main"].is_new_epoch

    def finalize(self) -> None:
        """Ends the workers of the iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()

    def get_optimizer(self, name: str) -> Any:
        """The optimizer of a name."""
        return self._optimizers[name]

    def get_all_optimizers(self) -> dict[str, Any]:
        """All optimizers by name."""
        return dict(self._optimizers)

    def get_iterator(self, name: str) -> Any:
        """The iterator of a name."""
        return self._iterators[name]

    def update(self) -> None:
        """Does one iteration."""
        self.update_core()
        self.iteration += 1

    def update_core(self) -> None:
        """What an iteration consists of: the method to override."""
        iterator, optimizer = self._iterators["main"], self._optimizers["main"]
        args, kwargs = self._arguments(next(iterator))
        optimizer.update(self._loss_func(), *args, **kwargs)
        self._call_new_epoch()

    def _arguments(self, batch: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return as_arguments(_call_converter(self.converter, batch, self._input_device))

    def _loss_func(self) -> Callable[..., Any]:
        return self._optimizers["main"].target if self.loss_func is None else self.loss_func

    def _call_new_epoch(self) -> None:
        if self.auto_new_epoch and self.is_new_epoch:
            self._optimizers["main"].new_epoch(auto=True)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores iterators, models, optimizers and the number of updates."""
        for name, iterator in self._iterators.items():
            iterator.serialize(serializer["iterator:" + name])
        for name, optimizer in self._optimizers.items():
            # The model first: a parameter whose shape it learns here is what the optimizer's state is made for.
            optimizer.target.serialize(serializer["model:" + name])
            optimizer.serialize(serializer["optimizer:" + name])
        self.iteration = serializer("iteration", self.iteration)
