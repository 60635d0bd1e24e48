#!/usr/bin/env python3
"""Writes a network as Caffe's prototxt and caffemodel, and reads it back.

python export.py                                         a small network, trained on digits before
python export.py --arch resnet50 --weights resnet.npz    a large one
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.exporters import caffe
from chainer.links.caffe import CaffeFunction


class SmallCNN(chainer.Chain):
    """Two convolutions and two fully connected layers, of functions that Caffe has."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(1, 16, ksize=3, pad=1)
            self.bn1 = L.BatchNormalization(16)
            self.conv2 = L.Convolution2D(16, 32, ksize=3, pad=1)
            self.fc1 = L.Linear(32 * 4 * 4, 64)
            self.fc2 = L.Linear(64, 10)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.max_pooling_2d(F.relu(self.conv2(h)), ksize=2)
        return self.fc2(F.relu(self.fc1(h)))


class Classifier(chainer.Chain):
    """Probabilities of a network's scores: the last function that is written.

    Args:
        network: The network.
        layer: Name of the layer to take from a network that has ``extract``'s interface, otherwise ``None``.
    """

    def __init__(self, network: chainer.Chain, layer: str | None = None) -> None:
        super().__init__()
        self.layer = layer
        with self.init_scope():
            self.network = network

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        if self.layer is None:
            return F.softmax(self.network(x))
        return self.network(x, layers=[self.layer])[self.layer]


def make_small(args: argparse.Namespace) -> tuple[Classifier, np.ndarray]:
    """A network that knows the digits, and some of them."""
    train, test = chainer.datasets.get_digits(ndim=3)
    network = SmallCNN()
    optimizer = chainer.optimizers.Adam().setup(L.Classifier(network))
    iterator = chainer.iterators.SerialIterator(train, 50)
    updater = training.updaters.StandardUpdater(iterator, optimizer, device=chainer.get_device(args.device))
    training.Trainer(updater, (args.epoch, "epoch"), out=args.out).run()
    network.to_cpu()
    return Classifier(network), chainer.dataset.concat_examples(test[:8])[0]


def make_large(args: argparse.Namespace) -> tuple[Classifier, np.ndarray]:
    """A network for ImageNet, and noise of the size of its images."""
    links: dict[str, Any] = {"vgg16": L.VGG16Layers, "googlenet": L.GoogLeNet, "resnet50": L.ResNet50Layers}
    network = links[args.arch](pretrained_model=None)
    if args.weights:
        chainer.serializers.load_npz(args.weights, network)
    return Classifier(network, "prob"), np.random.standard_normal((1, 3, 224, 224)).astype(np.float32)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    architectures = ["small", "vgg16", "googlenet", "resnet50"]
    add("--arch", "-a", choices=architectures, default="small", help="the network (default: %(default)s)")
    add("--weights", "-w", help="npz file of the weights of a large network")
    add("--epoch", "-e", type=int, default=3, help="passes of the small one over the digits (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "--out-dir", "-o", type=Path, default=Path("result"), help="where to write (default: %(default)s)")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    model, x = make_small(args) if args.arch == "small" else make_large(args)
    caffe.export(model, [chainer.Variable(x)], args.out, graph_name=args.arch)
    for path in sorted(args.out.glob("chainer_model.*")):
        print(f"{path}: {path.stat().st_size:,} bytes")

    with chainer.using_config("train", False), chainer.no_backprop_mode():
        expected = model(x).array
        written = CaffeFunction(args.out / "chainer_model.caffemodel")
        last = written.layers[-1][0]
        (found,) = written(inputs={"data": x}, outputs=[last])
    print(f"largest difference: {abs(found.array - expected).max():.1e}")


if __name__ == "__main__":
    main()
