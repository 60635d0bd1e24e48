#!/usr/bin/env python3
"""Trains an image classifier on a large set of images, on several processes, each with a part of the data.

    mpiexec -n 8 python train_imagenet.py train.txt val.txt --root images --mean mean.npy --arch resnet50 --gpu

train.txt and val.txt have lines of a path and a label; all images are of one size, 256 x 256 for the real ones.
All processes read images under --root, so all machines need them there. The example for one process has scripts that
compute the mean, and that make a few tiny images to try it with:

    python ../../../chainer-core/examples/imagenet/make_images.py images
    python ../../../chainer-core/examples/imagenet/compute_mean.py images/train.txt --root images
    mpiexec -n 2 python train_imagenet.py images/train.txt images/val.txt --root images --test --arch resnet50

What differs from training on one process is marked by "ranks:".
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from pathlib import Path

import chainer
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

# Networks and images are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "imagenet"))
from networks import ARCHITECTURES, make_classifier
from preprocessing import PreprocessedDataset


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("train", help="lines of a path and a label to learn from")
    add("val", help="lines of a path and a label to judge by")
    add("--arch", "-a", choices=ARCHITECTURES, default="nin", help="the network (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--allreduce-grad-dtype", help="dtype of gradients on their way, such as float16 (default: their own)")
    add("--double-buffering", action="store_true", help="update with the gradients of the step before")
    add("--batchsize", "-B", type=int, default=32, help="images a step and process (default: %(default)s)")
    add("--val_batchsize", "-b", type=int, default=250, help="images to judge at once (default: %(default)s)")
    add("--epoch", "-E", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--learnrate", type=float, default=0.01, help="step size of momentum SGD (default: %(default)s)")
    add("--loaderjob", "-j", type=int, help="processes that read images, for each rank (default: all cores of a node)")
    add("--mean", "-m", default="mean.npy", help="mean image of compute_mean.py (default: %(default)s)")
    add("--root", "-R", default=".", help="folder that paths begin in (default: %(default)s)")
    add("--initmodel", help="begin with these weights")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="12 epochs of 4 classes, cropped to 96 pixels, 4 images a step and process")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.batchsize, args.val_batchsize, args.epoch, args.learnrate, args.loaderjob = 4, 16, 12, 0.005, 1
    return args


def main() -> None:
    args = parse_args()
    # ranks: the processes that read images are not forked from this one, for MPI does not survive that everywhere.
    multiprocessing.set_start_method("forkserver")
    comm = chainermn.create_communicator(args.communicator, allreduce_grad_dtype=args.allreduce_grad_dtype)
    is_first = comm.rank == 0
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)
    # ranks: those of a node share its cores.
    n_loaders = args.loaderjob or max(1, (os.cpu_count() or 1) // comm.intra_size)
    if is_first:
        print(f"{comm.size} processes on {comm.inter_size} nodes, {args.communicator} communicator, {args.arch}")

    model = make_classifier(args.arch, 4 if args.test else 1000)
    if args.initmodel:
        chainer.serializers.load_npz(args.initmodel, model)
    model.to_device(device)

    # ranks: one process opens the lists; all get equal parts of them, and read the images of theirs.
    train, val = None, None
    if is_first:
        insize = 96 if args.test else ARCHITECTURES[args.arch].insize
        mean = np.load(args.mean)
        train = PreprocessedDataset(args.train, args.root, mean, insize)
        val = PreprocessedDataset(args.val, args.root, mean, insize, is_random=False)
        print(f"{len(train)} images to learn from, {len(val)} to judge by\n")
    train = chainermn.scatter_dataset(train, comm, shuffle=True, seed=args.seed)
    val = chainermn.scatter_dataset(val, comm)
    train_iter = chainer.iterators.MultiprocessIterator(train, args.batchsize, n_processes=n_loaders)
    val_iter = chainer.iterators.MultiprocessIterator(
        val, args.val_batchsize, repeat=False, shuffle=False, n_processes=n_loaders
    )

    # ranks: gradients are averaged, and the first update gives all processes the same parameters.
    optimizer = chainermn.create_multi_node_optimizer(
        chainer.optimizers.MomentumSGD(lr=args.learnrate, momentum=0.9), comm, double_buffering=args.double_buffering
    )
    optimizer.setup(model)
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    # ranks: each has running statistics of its own batches; their means make one model again, which all evaluate.
    trainer.extend(chainermn.extensions.AllreducePersistent(model, comm))
    evaluator = extensions.Evaluator(val_iter, model, device=device)
    trainer.extend(chainermn.create_multi_node_evaluator(evaluator, comm))
    checkpointer = chainermn.create_multi_node_checkpointer("imagenet", comm, cp_interval=2, gc_interval=1)
    if args.resume:
        checkpointer.maybe_load(trainer)
    if not args.test:  # writing the 60 million parameters of AlexNet takes longer than the steps
        trainer.extend(checkpointer, trigger=(1, "epoch"))
    # ranks: one process tells.
    if is_first:
        log_every = (1, "epoch") if args.test else (1000, "iteration")
        trainer.extend(extensions.observe_lr(), trigger=log_every)
        trainer.extend(extensions.LogReport(trigger=log_every))
        names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy", "lr"]
        trainer.extend(extensions.PrintReport(["epoch", "iteration", *names, "elapsed_time"]), trigger=log_every)
        trainer.extend(extensions.ProgressBar(update_interval=10))
        if not args.test:
            trainer.extend(extensions.snapshot_object(model, "model_epoch_{.updater.epoch}.npz"))
    trainer.run()


if __name__ == "__main__":
    main()
