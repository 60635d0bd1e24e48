#!/usr/bin/env python3
"""Trains VGG on images of 32 x 32 pixels.

python train_cifar.py                       handwritten digits, enlarged; a stand-in that needs no download
python train_cifar.py --dataset cifar10     CIFAR-10, 163 MB, downloaded when first asked for
python train_cifar.py --test                a narrow network, for a few epochs, in seconds
"""

from __future__ import annotations

import argparse
from typing import Any

import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from images import DATASETS
from vgg import VGG


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="images a step (default: %(default)s)")
    add("--learnrate", "-l", type=float, default=0.05, help="first step size of SGD (default: %(default)s)")
    add("--epoch", "-e", type=int, default=300, help="passes over the data (default: %(default)s)")
    add("--width", "-w", type=int, default=64, help="channels of the first stage (default: %(default)s)")
    add("--dropout", type=float, default=0.4, help="share of activations dropped (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--early-stopping", action="store_true", help="stop when the test loss has not fallen for some epochs")
    add("--test", action="store_true", help="3 epochs of a network 8 channels wide, without dropout")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.width, args.dropout = 3, 8, 0
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    get_dataset, n_class = DATASETS[args.dataset]
    train, test = get_dataset()
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    model = L.Classifier(VGG(n_class, args.width, args.dropout))
    optimizer = chainer.optimizers.MomentumSGD(args.learnrate).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(5e-4))

    stop: Any = (args.epoch, "epoch")
    if args.early_stopping:
        stop = training.triggers.EarlyStoppingTrigger(
            monitor="validation/main/loss", patients=10, max_trigger=(args.epoch, "epoch")
        )
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, stop, out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.ExponentialShift("lr", 0.5), trigger=(25, "epoch"))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(min(10, args.epoch), "epoch"))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", "lr", *names, "elapsed_time"]))
    trainer.extend(extensions.observe_lr(), trigger=(1, "epoch"))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
