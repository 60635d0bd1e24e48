#!/usr/bin/env python3
"""Trains a classifier of digits whose forward pass is marked as static.

The mark is the identity for now: it changes neither results nor speed.

    python train_mnist.py               five epochs of the digits that come with Chainer
    python train_mnist.py --compare     the same again without the mark; the weights must be identical
"""

from __future__ import annotations

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import static_graph, training
from chainer.training import extensions

DATASETS = {"digits": chainer.datasets.get_digits, "mnist": chainer.datasets.get_mnist}


class MLP(chainer.Chain):
    """Three fully connected layers.

    Args:
        n_units: Width of the two hidden layers.
        n_out: Number of classes.
    """

    def __init__(self, n_units: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_units)
            self.l3 = L.Linear(None, n_out)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


class StaticMLP(MLP):
    """The same, promising that every call runs the same functions on arrays of the same shapes."""

    @static_graph
    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return super().forward(x)


def train(predictor: MLP, args: argparse.Namespace) -> float:
    """Trains the network, and returns its accuracy on the test images."""
    device = chainer.get_device(args.device)
    device.use()
    train_set, test_set = DATASETS[args.dataset]()
    train_iter = chainer.iterators.SerialIterator(train_set, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test_set, args.batchsize, repeat=False, shuffle=False)
    model = L.Classifier(predictor)
    optimizer = chainer.optimizers.Adam().setup(model)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.run()
    return float(trainer.get_extension("LogReport").log[-1]["validation/main/accuracy"])


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=5, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=500, help="hidden units (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--compare", action="store_true", help="train again without the mark, and compare the weights")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    trained = []
    for kind in (StaticMLP, MLP) if args.compare else (StaticMLP,):
        np.random.seed(args.seed)
        predictor = kind(args.unit, 10)
        print(kind.__name__)
        print(f"test accuracy: {train(predictor, args):.4f}\n")
        trained.append([chainer.backend.CpuDevice().send(param.array) for param in predictor.params()])
    if args.compare:
        same = all(np.array_equal(marked, plain) for marked, plain in zip(*trained))
        print("identical weights" if same else "different weights")


if __name__ == "__main__":
    main()
