"""Models to measure, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy
from chainer import Link, Variable
from chainer.types import NdArray


@dataclass(frozen=True, slots=True)
class Model:
    """A classifier and the data it takes.

    Attributes:
        summary: One line.
        make: Returns a new model, which maps a minibatch to scores of classes.
        shape: Of one item.
        n_class: Number of classes.
        batchsize: Items a step and rank, where the user names none.
    """

    summary: str
    make: Callable[[], Link]
    shape: tuple[int, ...]
    n_class: int
    batchsize: int

    def classifier(self) -> L.Classifier:
        """A new model with its loss."""
        return L.Classifier(self.make())

    def batch(self, size: int, seed: int) -> tuple[NdArray, NdArray]:
        """A minibatch of random items and labels, float32 and int32."""
        rng = numpy.random.default_rng(seed)
        items = rng.standard_normal((size, *self.shape), numpy.float32)
        return items, rng.integers(0, self.n_class, size, numpy.int32)


class _ImageNet(chainer.Chain):
    """A published network of images with random weights, up to its scores."""

    def __init__(self, network: Link, scores: str) -> None:
        super().__init__()
        with self.init_scope():
            self.network: Any = network
        self._scores = scores

    def forward(self, x: NdArray) -> Variable:
        return self.network(x, layers=[self._scores])[self._scores]


def _mlp(*sizes: int) -> chainer.Sequential:
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (L.Linear(a, b), F.relu)]
    return chainer.Sequential(*layers[:-1])


def _image_net(name: str, scores: str) -> Callable[[], Link]:
    return lambda: _ImageNet(getattr(L, name)(pretrained_model=None), scores)


MODELS = {
    "mlp": Model("784-1000-1000-10, 2 million parameters", lambda: _mlp(784, 1000, 1000, 10), (784,), 10, 100),
    "wide": Model("4096-7168-4096-256, 60 million parameters", lambda: _mlp(4096, 7168, 4096, 256), (4096,), 256, 32),
    "resnet50": Model(
        "ResNet-50, images of 224 x 224, 26 million parameters",
        _image_net("ResNet50Layers", "fc6"),
        (3, 224, 224),
        1000,
        8,
    ),
}
"""What ``--model`` chooses from."""
