#!/usr/bin/env python3
"""Trains a network that draws, against one that tells what is drawn from what is real.

python train_dcgan.py --test                    digits that come with Chainer, in seconds
python train_dcgan.py --dataset photos/ --size 32    a folder of pictures
python train_dcgan.py --dataset cifar10         CIFAR-10, downloaded when first asked for
"""

from __future__ import annotations

import argparse

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from exhibition import Exhibition
from images import read_images
from net import Discriminator, Generator
from updater import DCGANUpdater


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", default="digits", help="'digits', 'cifar10' or a folder (default: %(default)s)")
    add("--size", type=int, default=32, help="side of the images of a folder, a power of two (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=50, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=100, help="passes over the data (default: %(default)s)")
    add("--n-hidden", "-n", type=int, default=100, help="length of the noise (default: %(default)s)")
    add("--width", "-w", type=int, default=32, help="channels of the widest images (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="6 epochs of narrow networks")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.width = 6, 16
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    images = read_images(args.dataset, args.size)
    _, channels, size, _ = images.shape
    gen = Generator(args.n_hidden, size, channels, args.width).to_device(device)
    dis = Discriminator(size, args.width).to_device(device)

    optimizers = {}
    for name, model in (("gen", gen), ("dis", dis)):
        optimizers[name] = chainer.optimizers.Adam(alpha=0.0005, beta1=0.5).setup(model)
        optimizers[name].add_hook(chainer.optimizer_hooks.WeightDecay(0.0001))
    updater = DCGANUpdater(
        models=(gen, dis),
        iterator=chainer.iterators.SerialIterator(images, args.batchsize),
        optimizer=optimizers,
        device=device,
    )
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(Exhibition(gen, images, rows=10, seed=args.seed))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "gen/loss", "dis/loss", "gen/distance_of_means", "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(max(1, args.epoch // 5), "epoch"))
    trainer.extend(extensions.snapshot_object(gen, "gen.npz"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
