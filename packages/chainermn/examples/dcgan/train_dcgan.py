#!/usr/bin/env python3
"""Trains a network that draws, against one that tells what is drawn from what is real, on several processes.

    mpiexec -n 2 python train_dcgan.py --test                         digits that come with Chainer, in seconds
    mpiexec -n 2 python train_dcgan.py --dataset photos/ --size 32    a folder of pictures
    mpiexec -n 2 python train_dcgan.py --dataset cifar10              CIFAR-10, downloaded when first asked for

What differs from training on one process is marked by "ranks:".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import chainer
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

# Networks, images and the step of training are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "dcgan"))
from exhibition import Exhibition
from images import read_images
from net import Discriminator, Generator
from updater import DCGANUpdater


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", default="digits", help="'digits', 'cifar10' or a folder (default: %(default)s)")
    add("--size", type=int, default=32, help="side of the images of a folder, a power of two (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=50, help="images a step and process (default: %(default)s)")
    add("--epoch", "-e", type=int, default=100, help="passes over the data (default: %(default)s)")
    add("--n-hidden", "-n", type=int, default=100, help="length of the noise (default: %(default)s)")
    add("--width", "-w", type=int, default=32, help="channels of the widest images (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="8 epochs of narrow networks, 25 images a step and process")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.batchsize, args.epoch, args.width = 25, 8, 16
    return args


def main() -> None:
    args = parse_args()
    # ranks: each process makes the same communicator and learns its place.
    comm = chainermn.create_communicator(args.communicator)
    is_first = comm.rank == 0
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    # ranks: each draws noise of its own, or they would all learn from the same.
    np.random.seed(args.seed + comm.rank)
    if is_first:
        print(f"{comm.size} processes on {comm.inter_size} nodes, {args.communicator} communicator, {args.dataset}\n")

    # ranks: one process opens the images, all get equal parts.
    images = read_images(args.dataset, args.size) if is_first else None
    _, channels, size, _ = comm.bcast_obj(images.shape if is_first else None)
    train = chainermn.scatter_dataset(images, comm, shuffle=True, seed=args.seed)
    gen = Generator(args.n_hidden, size, channels, args.width).to_device(device)
    dis = Discriminator(size, args.width).to_device(device)

    # ranks: each of the two networks has an optimizer that averages its gradients.
    optimizers = {}
    for name, model in (("gen", gen), ("dis", dis)):
        adam = chainer.optimizers.Adam(alpha=0.0005, beta1=0.5)
        optimizers[name] = chainermn.create_multi_node_optimizer(adam, comm).setup(model)
        optimizers[name].add_hook(chainer.optimizer_hooks.WeightDecay(0.0001))
    updater = DCGANUpdater(
        models=(gen, dis),
        iterator=chainer.iterators.SerialIterator(train, args.batchsize),
        optimizer=optimizers,
        device=device,
    )
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    # ranks: each has running statistics of its own drawings; their means belong to what is drawn in test mode.
    trainer.extend(chainermn.extensions.AllreducePersistent(gen, comm))
    checkpointer = chainermn.create_multi_node_checkpointer("dcgan", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(max(1, args.epoch // 5), "epoch"))
    # ranks: one process draws and tells.
    if is_first:
        trainer.extend(Exhibition(gen, images, rows=10, seed=args.seed))
        trainer.extend(extensions.LogReport())
        names = ["gen/loss", "dis/loss", "gen/distance_of_means"]
        trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
        trainer.extend(extensions.ProgressBar(update_interval=10))
        trainer.extend(extensions.snapshot_object(gen, "gen.npz"))
    trainer.run()


if __name__ == "__main__":
    main()
