#!/usr/bin/env python3
"""Trains a classifier of handwritten digits on several processes, each with a part of the data.

    mpiexec -n 2 python train_mnist.py                    an MLP on the digits that come with Chainer
    mpiexec -n 2 python train_mnist.py --dataset mnist    the MNIST images
    mpiexec -n 2 python train_mnist.py --gpu              one GPU a process, with --communicator pure_nccl

What differs from training on one process is marked by "ranks:".
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

DATASETS = {
    "digits": chainer.datasets.get_digits,
    "mnist": chainer.datasets.get_mnist,
    "fashion": chainer.datasets.get_fashion_mnist,
}


class MLP(chainer.Chain):
    """Two hidden layers."""

    def __init__(self, n_units: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, n_out)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step and process (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=1000, help="hidden units (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--double-buffering", action="store_true", help="update with the gradients of the step before")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    # ranks: each process makes the same communicator and learns its place.
    comm = chainermn.create_communicator(args.communicator)
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    is_first = comm.rank == 0
    np.random.seed(args.seed + comm.rank)
    if is_first:
        print(f"{comm.size} processes on {comm.inter_size} nodes, {args.communicator} communicator, {args.dataset}\n")

    model = L.Classifier(MLP(args.unit, 10)).to_device(device)
    # ranks: gradients are averaged, and the first update gives all processes the same parameters.
    optimizer = chainermn.create_multi_node_optimizer(
        chainer.optimizers.Adam(), comm, double_buffering=args.double_buffering
    )
    optimizer.setup(model)

    # ranks: one process opens the data, all get equal parts.
    train, test = DATASETS[args.dataset](ndim=1) if is_first else (None, None)
    train = chainermn.scatter_dataset(train, comm, shuffle=True, seed=args.seed)
    test = chainermn.scatter_dataset(test, comm)

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    # ranks: each evaluates its part, and the means are the same everywhere.
    evaluator = extensions.Evaluator(test_iter, model, device=device)
    trainer.extend(chainermn.create_multi_node_evaluator(evaluator, comm))
    checkpointer = chainermn.create_multi_node_checkpointer("mnist", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(1, "epoch"))
    # ranks: one process tells.
    if is_first:
        trainer.extend(extensions.LogReport())
        names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
        trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.run()


if __name__ == "__main__":
    main()
