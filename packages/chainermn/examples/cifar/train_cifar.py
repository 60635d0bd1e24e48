#!/usr/bin/env python3
"""Trains VGG on images of 32 x 32 pixels, on several processes, each with a part of the data.

    mpiexec -n 2 python train_cifar.py --test              a narrow network, for a few epochs, in seconds
    mpiexec -n 2 python train_cifar.py                     handwritten digits, enlarged; needs no download
    mpiexec -n 2 python train_cifar.py --dataset cifar10   CIFAR-10, 163 MB, downloaded when first asked for

What differs from training on one process is marked by "ranks:".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import chainer
import chainer.links as L
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

# Network and images are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "cifar"))
from images import DATASETS
from vgg import VGG


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-d", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="images a step and process (default: %(default)s)")
    add("--learnrate", "-l", type=float, default=0.05, help="first step size of SGD (default: %(default)s)")
    add("--epoch", "-e", type=int, default=300, help="passes over the data (default: %(default)s)")
    add("--width", "-w", type=int, default=64, help="channels of the first stage (default: %(default)s)")
    add("--dropout", type=float, default=0.4, help="share of activations dropped (default: %(default)s)")
    add("--mnbn", action="store_true", help="normalize over the batches of all processes together")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--early-stopping", action="store_true", help="stop when the test loss has not fallen for some epochs")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="4 epochs of a network 8 channels wide, without dropout")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.batchsize, args.epoch, args.width, args.dropout = 32, 4, 8, 0
    return args


def main() -> None:
    args = parse_args()
    # ranks: each process makes the same communicator and learns its place.
    comm = chainermn.create_communicator(args.communicator)
    is_first = comm.rank == 0
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)
    if is_first:
        print(f"{comm.size} processes on {comm.inter_size} nodes, {args.communicator} communicator, {args.dataset}\n")

    # ranks: one process opens the data, or downloads it; all get equal parts.
    get_dataset, n_class = DATASETS[args.dataset]
    train, test = get_dataset() if is_first else (None, None)
    train = chainermn.scatter_dataset(train, comm, shuffle=True, seed=args.seed)
    test = chainermn.scatter_dataset(test, comm)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    model = L.Classifier(VGG(n_class, args.width, args.dropout))
    if args.mnbn:
        # ranks: mean and variance are those of a batch of all processes, as if one had it.
        model = chainermn.links.create_mnbn_model(model, comm)
    model.to_device(device)
    # ranks: gradients are averaged, and the first update gives all processes the same parameters.
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.MomentumSGD(args.learnrate), comm)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(5e-4))

    stop = (args.epoch, "epoch")
    if args.early_stopping:
        # ranks: the mean over them decides, so that all stop together.
        stop = chainermn.extensions.MultiNodeEarlyStoppingTrigger(
            comm, monitor="validation/main/loss", patience=10, max_trigger=stop
        )
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, stop, out=args.out)
    # ranks: each has running statistics of its own batches; their means make one model again, which all evaluate.
    trainer.extend(chainermn.extensions.AllreducePersistent(model, comm))
    evaluator = extensions.Evaluator(test_iter, model, device=device)
    trainer.extend(chainermn.create_multi_node_evaluator(evaluator, comm))
    trainer.extend(extensions.ExponentialShift("lr", 0.5), trigger=(25, "epoch"))
    checkpointer = chainermn.create_multi_node_checkpointer("cifar", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(min(10, args.epoch), "epoch"))
    # ranks: one process tells.
    if is_first:
        trainer.extend(extensions.snapshot_object(model, "model.npz"))
        trainer.extend(extensions.observe_lr(), trigger=(1, "epoch"))
        trainer.extend(extensions.LogReport())
        names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
        trainer.extend(extensions.PrintReport(["epoch", "lr", *names, "elapsed_time"]))
        trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.run()


if __name__ == "__main__":
    main()
