#!/usr/bin/env python3
"""Trains an image classifier on a large set of images.

    python train_imagenet.py train.txt val.txt --root images --mean mean.npy --arch resnet50

train.txt and val.txt have lines of a path and a label; all images are of one size, 256 x 256 for the real ones.
compute_mean.py makes mean.npy. make_images.py makes a few tiny images to try it with:

    python make_images.py images
    python compute_mean.py images/train.txt --root images
    python train_imagenet.py images/train.txt images/val.txt --root images --test
"""

from __future__ import annotations

import argparse
from typing import Any

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from networks import ARCHITECTURES, make_classifier
from preprocessing import PreprocessedDataset


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("train", help="lines of a path and a label to learn from")
    add("val", help="lines of a path and a label to judge by")
    add("--arch", "-a", choices=ARCHITECTURES, default="nin", help="the network (default: %(default)s)")
    add("--batchsize", "-B", type=int, default=32, help="images a step (default: %(default)s)")
    add("--val_batchsize", "-b", type=int, default=250, help="images to judge at once (default: %(default)s)")
    add("--epoch", "-E", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--learnrate", type=float, default=0.01, help="step size of momentum SGD (default: %(default)s)")
    add("--loaderjob", "-j", type=int, help="processes that read images (default: one a core)")
    add("--mean", "-m", default="mean.npy", help="mean image of compute_mean.py (default: %(default)s)")
    add("--root", "-R", default=".", help="folder that paths begin in (default: %(default)s)")
    add("--initmodel", help="begin with these weights")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="3 small steps of 8 images, cropped to 96 pixels, 4 classes")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.batchsize, args.val_batchsize, args.learnrate = 8, 16, 0.001
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    model = make_classifier(args.arch, 4 if args.test else 1000)
    if args.initmodel:
        chainer.serializers.load_npz(args.initmodel, model)

    insize = 96 if args.test else ARCHITECTURES[args.arch].insize
    mean = np.load(args.mean)
    train = PreprocessedDataset(args.train, args.root, mean, insize)
    val = PreprocessedDataset(args.val, args.root, mean, insize, is_random=False)
    train_iter = chainer.iterators.MultiprocessIterator(train, args.batchsize, n_processes=args.loaderjob)
    val_iter = chainer.iterators.MultiprocessIterator(
        val, args.val_batchsize, repeat=False, shuffle=False, n_processes=args.loaderjob
    )

    optimizer = chainer.optimizers.MomentumSGD(lr=args.learnrate, momentum=0.9).setup(model)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    stop, every = ((3, "iteration"), (3, "iteration")) if args.test else ((args.epoch, "epoch"), (1, "epoch"))
    log_every: Any = (1, "iteration") if args.test else (1000, "iteration")
    trainer = training.Trainer(updater, stop, out=args.out)
    trainer.extend(extensions.Evaluator(val_iter, model, device=device), trigger=every)
    if not args.test:  # writing the 60 million parameters of AlexNet takes longer than the steps
        trainer.extend(extensions.snapshot(n_retains=2), trigger=every)
    trainer.extend(extensions.observe_lr(), trigger=log_every)
    trainer.extend(extensions.LogReport(trigger=log_every))
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy", "lr"]
    trainer.extend(extensions.PrintReport(["epoch", "iteration", *names, "elapsed_time"]), trigger=log_every)
    trainer.extend(extensions.ProgressBar(update_interval=10))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    n_parameters = sum(param.size for param in model.params())
    print(f"\n{args.arch} has {n_parameters / 1e6:.2f} million parameters")


if __name__ == "__main__":
    main()
