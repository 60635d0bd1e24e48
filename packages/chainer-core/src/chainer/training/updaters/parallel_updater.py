"""One batch, shared by several devices in one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chainer import backend
from chainer.dataset.convert import _call_converter, concat_examples
from chainer.training._batch import as_arguments
from chainer.training.updaters.standard_updater import StandardUpdater
from chainer.types import DeviceSpec

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class ParallelUpdater(StandardUpdater):
    """Splits each batch over models on several devices, sums their gradients, and copies the new parameters back.

    The gradients are summed, not averaged: with a loss that is a mean over the batch, each further model adds to the
    length of the step. The passes run one after the other in Python, so devices are busy together only as far as their
    work is asynchronous: :class:`MultiprocessParallelUpdater` and ChainerMN scale better. The values that the models
    report are observed under their names.

    Args:
        iterator: As for :class:`StandardUpdater`.
        optimizer: Of the main model.
        converter: Makes arrays of a part of a batch.
        models: Models by name, ``'main'`` among them; ``None`` copies the one of the optimizer.
        devices: Devices by name, ``'main'`` among them; ``None`` leaves each model where it is.
        loss_func: Loss of a batch; ``None`` is each model itself.
        loss_scale: As for :class:`StandardUpdater`.
        auto_new_epoch: As for :class:`StandardUpdater`.

    Raises:
        ValueError: Neither ``models`` nor ``devices`` is given, or ``'main'`` is missing.
    """

    def __init__(
        self,
        iterator: Any,
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        models: Mapping[str, Any] | None = None,
        devices: Mapping[str, DeviceSpec] | None = None,
        loss_func: Callable[..., Any] | None = None,
        loss_scale: float | None = None,
        auto_new_epoch: bool = True,
    ) -> None:
        super().__init__(
            iterator,
            optimizer,
            converter=converter,
            loss_func=loss_func,
            loss_scale=loss_scale,
            auto_new_epoch=auto_new_epoch,
        )
        if models is None and devices is None:
            raise ValueError("either models or devices must be specified, as dicts with a 'main' entry")
        for name, given in (("models", models), ("devices", devices)):
            if given is not None and (not isinstance(given, Mapping) or "main" not in given):
                raise ValueError(f"{name} must be a dict with a 'main' entry, got {given!r}")
        if models is None:
            assert devices is not None
            main = self._optimizers["main"].target
            models = {name: main if name == "main" else main.copy("copy") for name in devices}
        self._models = dict(models)
        self._devices = {} if devices is None else {name: backend.get_device(spec) for name, spec in devices.items()}
        for name, device in self._devices.items():
            self._models[name].to_device(device)

    def connect_trainer(self, trainer: Trainer) -> None:
        """Makes the other models known to the reporter under their names."""
        for name, model in self._models.items():
            if name != "main":
                trainer.reporter.add_observer(name, model)
                trainer.reporter.add_observers(name, model.namedlinks(skipself=True))

    def update_core(self) -> None:
        """Takes a step on the sum of the gradients of all models."""
        optimizer = self._optimizers["main"]
        main = self._models["main"]
        others = [model for name, model in self._models.items() if name != "main"]
        batch = next(self._iterators["main"])
        n = len(self._models)
        losses = []
        for index, (name, model) in enumerate(self._models.items()):
            model.cleargrads()
            if part := batch[index::n]:
                losses.append(self._loss(name, model, part))
        for loss in losses:
            loss.backward(loss_scale=optimizer._loss_scale)
        for model in others:
            main.addgrads(model)
        optimizer.update()
        for model in others:
            model.copyparams(main)
        self._call_new_epoch()

    def _loss(self, name: str, model: Any, part: list[Any]) -> Any:
        device = self._devices.get(name)
        args, kwargs = as_arguments(_call_converter(self.converter, part, device))
        loss_func = model if self.loss_func is None else self.loss_func
        with backend.using_device(model.device if device is None else device):
            return loss_func(*args, **kwargs)
