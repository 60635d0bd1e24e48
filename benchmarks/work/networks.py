"""Whole networks on images of ImageNet's size: training steps, inference, and the memory of training.

There is no dropout: each framework draws masks of its own, and the numbers could not be compared.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from benchmarks.work._data import cycle, labels, normal
from benchmarks.work._networks import N_CLASS
from benchmarks.work._parameters import Parameters
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np

    from benchmarks.workload import Step, Steps

LEARNING_RATE = 1e-5  # enough to see in the loss, too little to make rounding grow
LAYOUTS = ("nchw", "channels_last")
"""The orders of memory in which PyTorch keeps images; which one is faster depends on the network."""


class Network(Workload):
    """What training and inference share: a model and its images."""

    mode: str

    def __init__(
        self, model: str, batch_size: int, aim: float | None = None, image_size: int = 224, small_size: int = 64
    ) -> None:
        self.name = f"networks/{model.replace('BN', '_BN').lower()}_{self.mode}"
        self.model, self.batch_size, self.image_size, self.small_size = model, batch_size, image_size, small_size
        self.aim = aim

    def small(self) -> Network:
        """Two small images: they show whether the numbers are right, at once."""
        return type(self)(self.model, 2, self.aim, self.small_size, self.small_size)

    def chainer(self) -> Steps:
        from benchmarks.work import _networks_chainer

        steps = {SIMPLE: self._chainer_step(self._build(_networks_chainer))}
        if importlib.util.find_spec("ideep4py"):
            # Models of the last release may also keep their parameters in arrays of its Intel acceleration.
            model = self._build(_networks_chainer)
            model.to_intel64()
            steps["to_intel64"] = self._chainer_step(model)
        return steps

    def torch(self) -> Steps:
        import torch

        from benchmarks.work import _networks_torch

        formats = dict(zip(LAYOUTS, (torch.contiguous_format, torch.channels_last)))
        return {
            layout: self._torch_step(self._build(_networks_torch).to(memory_format=formats[layout]), formats[layout])
            for layout in LAYOUTS
        }

    def _build(self, family: Any) -> Any:
        return getattr(family, self.model)(Parameters(), self.image_size, N_CLASS)

    def _images(self, seed: int) -> np.ndarray:
        return normal(seed, self.batch_size, 3, self.image_size, self.image_size)

    def _chainer_step(self, model: Any) -> Step:
        raise NotImplementedError

    def _torch_step(self, model: Any, memory_format: Any) -> Step:
        raise NotImplementedError


class Training(Network):
    """Forward, softmax cross entropy, backward, and an update by SGD."""

    mode = "train"
    updates = True
    rounds = 3

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        end = "SGD" if self.updates else "no update"
        self.summary = f"{self.model}, batch of {self.batch_size}: forward, loss, backward, {end}"

    def _examples(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(self._images(200 + i), labels(300 + i, self.batch_size, N_CLASS)) for i in range(2)]

    def _chainer_step(self, model: Any) -> Step:
        import chainer
        import chainer.functions as F

        optimizer = chainer.optimizers.SGD(LEARNING_RATE).setup(model)
        examples = cycle(self._examples())

        def loss_of(x: np.ndarray, t: np.ndarray) -> chainer.Variable:
            return F.softmax_cross_entropy(model(x), t)

        def forward_backward() -> Sequence[object]:
            loss = loss_of(*next(examples))
            model.cleargrads()
            loss.backward()
            return (loss,)

        def step() -> Sequence[object]:
            losses = []

            def noted(x: np.ndarray, t: np.ndarray) -> chainer.Variable:
                losses.append(loss_of(x, t))
                return losses[0]

            optimizer.update(noted, *next(examples))  # as an updater does: the graph is walked once, and used up
            return losses

        return step if self.updates else forward_backward

    def _torch_step(self, model: Any, memory_format: Any) -> Step:
        import torch

        optimizer = torch.optim.SGD(model.parameters(), LEARNING_RATE)
        arrays = self._examples()
        examples = cycle(
            [(torch.from_numpy(x).to(memory_format=memory_format), torch.from_numpy(t).long()) for x, t in arrays]
        )

        def step() -> Sequence[object]:
            x, t = next(examples)
            loss = torch.nn.functional.cross_entropy(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            if self.updates:
                optimizer.step()
            return (loss,)

        return step


class ForwardBackward(Training):
    """The same without an update, as in the table of convnet-benchmarks."""

    mode = "backward"
    updates = False


class PeakMemory(Training):
    """What a training step holds at its peak."""

    mode = "memory"
    unit = "B"


class Inference(Network):
    """Forward with the statistics of training."""

    mode = "infer"
    rounds = 7

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name += f"_{self.batch_size}"
        self.summary = f"{self.model}, batch of {self.batch_size}: forward without backprop"

    def _chainer_step(self, model: Any) -> Step:
        import chainer

        x = self._images(200)

        def step() -> Sequence[object]:
            with chainer.using_config("train", False), chainer.no_backprop_mode():
                return (model(x).array,)

        return step

    def _torch_step(self, model: Any, memory_format: Any) -> Step:
        import torch

        model.eval()
        x = torch.from_numpy(self._images(200)).to(memory_format=memory_format)

        def step() -> Sequence[object]:
            with torch.inference_mode():
                return (model(x),)

        return step


def inference(model: str, aim: float) -> list[Network]:
    """Return a network at one image, as behind a request, and at eight."""
    return [Inference(model, batch_size, aim) for batch_size in (1, 8)]


WORKLOADS = (
    ForwardBackward("AlexNet", 128, aim=0.85),
    Training("VGG16", 8, aim=0.75, small_size=32),
    Training("ResNet50", 8, aim=0.8, small_size=96),
    Training("GoogLeNetBN", 8, aim=0.85, small_size=96),
    Training("NIN", 8, aim=0.9, image_size=227, small_size=67),
    *inference("VGG16", 0.9),
    *inference("ResNet50", 0.8),
    *inference("GoogLeNetBN", 0.9),
    PeakMemory("ResNet50", 8, aim=0.75, small_size=96),
)
