"""Memory at the peak of a training step, measured in a fresh process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work._data import labels, normal
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.workload import Steps

BATCH_SIZE, IMAGE_SIZE, N_CLASS = 64, 32, 10
CHANNELS = (3, 32, 64)
FEATURES = CHANNELS[-1] * (IMAGE_SIZE // 4) ** 2


class PeakMemory(Workload):
    """Two blocks of convolution, ReLU and max pooling, an affine classifier, and SGD with momentum."""

    name = "memory"
    summary = (
        f"CNN of {'-'.join(map(str, CHANNELS))} channels, batch of {BATCH_SIZE} images of {IMAGE_SIZE}x{IMAGE_SIZE}: "
        "peak of a training step"
    )
    unit = "B"

    def chainer(self) -> Steps:
        import chainer
        import chainer.functions as F
        import chainer.links as L

        (W1, b1), (W2, b2), (W3, b3) = parameters()
        conv1 = L.Convolution2D(CHANNELS[0], CHANNELS[1], 3, pad=1, initialW=W1, initial_bias=b1)
        conv2 = L.Convolution2D(CHANNELS[1], CHANNELS[2], 3, pad=1, initialW=W2, initial_bias=b2)
        affine = L.Linear(FEATURES, N_CLASS, initialW=W3, initial_bias=b3)
        model = chainer.Chain(conv1=conv1, conv2=conv2, affine=affine)
        optimizer = chainer.optimizers.MomentumSGD(lr=0.01).setup(model)
        x, t = examples()

        def step() -> Sequence[object]:
            h = F.max_pooling_2d(F.relu(conv1(x)), 2)
            h = F.max_pooling_2d(F.relu(conv2(h)), 2)
            loss = F.softmax_cross_entropy(affine(h), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
            return (loss,)

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch
        import torch.nn.functional as F

        weights = [torch.from_numpy(array).requires_grad_() for pair in parameters() for array in pair]
        W1, b1, W2, b2, W3, b3 = weights
        optimizer = torch.optim.SGD(weights, lr=0.01, momentum=0.9)
        x, t = map(torch.from_numpy, examples())
        t = t.long()

        def step() -> Sequence[object]:
            h = F.max_pool2d(torch.relu(F.conv2d(x, W1, b1, padding=1)), 2)
            h = F.max_pool2d(torch.relu(F.conv2d(h, W2, b2, padding=1)), 2)
            loss = F.cross_entropy(F.linear(h.flatten(1), W3, b3), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return (loss,)

        return {SIMPLE: step}


def parameters() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return filters and biases of the two convolutions, weights and biases of the classifier."""
    c0, c1, c2 = CHANNELS
    shapes = [(c1, c0, 3, 3), (c2, c1, 3, 3), (N_CLASS, FEATURES)]
    fans_in = [c0 * 9, c1 * 9, FEATURES]
    return [
        (normal(i, *shape) / fan_in**0.5, 0.1 * normal(i + 100, shape[0]))
        for i, (shape, fan_in) in enumerate(zip(shapes, fans_in))
    ]


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return one minibatch of images and labels."""
    return normal(200, BATCH_SIZE, CHANNELS[0], IMAGE_SIZE, IMAGE_SIZE), labels(300, BATCH_SIZE, N_CLASS)


WORKLOADS = (PeakMemory(),)
