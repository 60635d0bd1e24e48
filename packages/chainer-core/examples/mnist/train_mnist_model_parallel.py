#!/usr/bin/env python3
"""Trains a digit classifier whose two halves live on two devices.

By default both devices are the CPU, which shows the mechanics and gains no time; with two GPUs:

    python train_mnist_model_parallel.py --device0 @cupy:0 --device1 @cupy:1
"""

from __future__ import annotations

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from networks import MLP
from train_mnist import DATASETS


class ParallelMLP(chainer.Chain):
    """Two towers side by side, one a device, that meet twice.

    Args:
        n_units: Hidden units of both towers together.
        n_out: Number of classes.
        device0: Device of the input, of the output and of the first tower.
        device1: Device of the second tower.
    """

    def __init__(self, n_units: int, n_out: int, device0: chainer.backend.Device, device1: chainer.backend.Device):
        super().__init__()
        self.device0, self.device1 = device0, device1
        half = n_units // 2
        with self.init_scope():
            self.bottom0 = MLP(half, half).to_device(device0)
            self.bottom1 = MLP(half, half).to_device(device1)
            self.top0 = MLP(half, n_out).to_device(device0)
            self.top1 = MLP(half, n_out).to_device(device1)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        # copy() is differentiable: gradients travel back the way the activations came.
        h0 = self.bottom0(x)
        h1 = self.bottom1(F.copy(x, self.device1))
        to_tower0 = F.relu(h0 + F.copy(h1, self.device0))
        to_tower1 = F.relu(F.copy(h0, self.device1) + h1)
        return self.top0(to_tower0) + F.copy(self.top1(to_tower1), self.device0)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=500, help="hidden units of both halves (default: %(default)s)")
    add("--device0", "-d", default="@numpy", help="device of the first half (default: %(default)s)")
    add("--device1", "-D", default="@numpy", help="device of the second half (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device0, device1 = chainer.get_device(args.device0), chainer.get_device(args.device1)
    device0.use()

    train, test = DATASETS[args.dataset](ndim=1)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    model = L.Classifier(ParallelMLP(args.unit, 10, device0, device1))
    optimizer = chainer.optimizers.Adam().setup(model)
    # `device` would move the whole model; `input_device` only says where batches go.
    updater = training.updaters.StandardUpdater(train_iter, optimizer, input_device=device0)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device0))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(args.epoch, "epoch"))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
