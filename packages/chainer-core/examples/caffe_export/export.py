#!/usr/bin/env python3
"""Writes a network in the format of Caffe, reads it back, and compares what both compute.

python export.py                        a small network
python export.py --arch resnet50 --model resnet50.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer.exporters import caffe
from chainer.links.caffe import CaffeFunction


class LeNet(chainer.Chain):
    """Two convolutions and two fully connected layers (LeCun et al., 1998), with ReLU."""

    insize, channels = 28, 1

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = L.Convolution2D(1, 20, 5)
            self.conv2 = L.Convolution2D(20, 50, 5)
            self.fc1 = L.Linear(800, 500)
            self.fc2 = L.Linear(500, 10)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        h = F.max_pooling_2d(F.relu(self.conv1(x)), 2)
        h = F.max_pooling_2d(F.relu(self.conv2(h)), 2)
        return F.softmax(self.fc2(F.relu(self.fc1(h))))


class ImageNet(chainer.Chain):
    """One of the networks that come with Chainer, up to its probabilities."""

    insize, channels = 224, 3

    def __init__(self, layers: chainer.Chain) -> None:
        super().__init__()
        with self.init_scope():
            self.layers = layers

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return self.layers(x, layers=["prob"])["prob"]


ARCHITECTURES = {
    "lenet": LeNet,
    "vgg16": lambda: ImageNet(L.VGG16Layers(pretrained_model=None)),
    "googlenet": lambda: ImageNet(L.GoogLeNet(pretrained_model=None)),
    "resnet50": lambda: ImageNet(L.ResNet50Layers(pretrained_model=None)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", "-a", choices=ARCHITECTURES, default="lenet", help="default: %(default)s")
    parser.add_argument("--model", "-m", help="weights, an .npz; random ones without")
    parser.add_argument("--out", "-o", type=Path, default=Path("result"), help="folder (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    np.random.seed(args.seed)

    model = ARCHITECTURES[args.arch]()
    if args.model:
        chainer.serializers.load_npz(args.model, getattr(model, "layers", model))
    x = np.random.uniform(0, 1, (1, model.channels, model.insize, model.insize)).astype(np.float32)
    args.out.mkdir(parents=True, exist_ok=True)
    caffe.export(model, [chainer.Variable(x)], args.out, graph_name=args.arch)

    with chainer.using_config("train", False), chainer.no_backprop_mode():
        expected = model(x).array
        imported = CaffeFunction(args.out / "chainer_model.caffemodel")
        (y,) = imported({"data": x}, outputs=[imported.layers[-1][0]])
    difference = abs(y.array.reshape(expected.shape) - expected).max()
    size = (args.out / "chainer_model.caffemodel").stat().st_size
    print(f"{args.arch}: {len(imported.layers)} layers, {size / 1e6:.1f} MB in {args.out.resolve()}")
    print(f"largest difference between both: {difference:.1e}")


if __name__ == "__main__":
    main()
