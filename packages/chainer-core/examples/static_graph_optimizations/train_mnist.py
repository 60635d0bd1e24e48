#!/usr/bin/env python3
"""Trains a digit classifier whose forward pass is declared to do the same in every step.

`chainer.static_graph` promises that a method builds the same graph whenever inputs are alike, so that it may be built
once and used again. For now the decorator keeps the method as it is: the script works, and takes the time that it takes
without.

    python train_mnist.py
"""

from __future__ import annotations

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import static_graph, training
from chainer.training import extensions


class MLP(chainer.Chain):
    """Three fully connected layers.

    Args:
        n_units: Width of the hidden layers.
        n_out: Number of classes.
    """

    def __init__(self, n_units: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_units)
            self.l3 = L.Linear(None, n_out)

    @static_graph
    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=["digits", "mnist"], default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=500, help="hidden units (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    get_dataset = {"digits": chainer.datasets.get_digits, "mnist": chainer.datasets.get_mnist}[args.dataset]
    train, test = get_dataset(ndim=1)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    model = L.Classifier(MLP(args.unit, 10))
    optimizer = chainer.optimizers.Adam().setup(model)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.run()


if __name__ == "__main__":
    main()
