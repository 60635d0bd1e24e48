#!/usr/bin/env python3
"""Trains the digit classifier on two devices, each with its half of every batch.

By default both devices are the CPU, which shows the mechanics and gains no time; with two GPUs:

    python train_mnist_data_parallel.py --device0 @cupy:0 --device1 @cupy:1
"""

from __future__ import annotations

import argparse

import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from networks import MLP
from train_mnist import DATASETS


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=200, help="images a step, both devices together (default: %(default)s)")
    add("--epoch", "-e", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=500, help="hidden units (default: %(default)s)")
    add("--device0", "-d", default="@numpy", help="device of the model that is updated (default: %(default)s)")
    add("--device1", "-D", default="@numpy", help="device of its copy (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    main_device, second_device = chainer.get_device(args.device0), chainer.get_device(args.device1)

    train, test = DATASETS[args.dataset](ndim=1)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    # The updater copies the model to the second device. Both copies must have parameters by then, so the size of the
    # input is given by a first look at the data.
    model = L.Classifier(MLP(args.unit, 10))
    model.predictor(train[:1][0][0][None])
    model.to_device(main_device)
    main_device.use()
    optimizer = chainer.optimizers.Adam().setup(model)

    # Each device takes every other image of a batch; the gradients are summed on the main device.
    devices = {"main": main_device, "second": second_device}
    updater = training.updaters.ParallelUpdater(train_iter, optimizer, devices=devices)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=main_device))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(args.epoch, "epoch"))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
