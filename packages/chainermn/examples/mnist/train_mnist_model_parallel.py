#!/usr/bin/env python3
"""Trains a classifier of handwritten digits whose layers are spread over the processes.

    mpiexec -n 2 python train_mnist_model_parallel.py --test    100 units, 5 epochs
    mpiexec -n 4 python train_mnist_model_parallel.py           one more hidden layer for each further process

Rank 0 has the data, the first layer and the last one; the others have a hidden layer each and no data.
What differs from training on one process is marked by "ranks:".
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions
from pieces import make_piece
from train_mnist import DATASETS


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--communicator", default="naive", help="its name (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=1000, help="hidden units of a layer (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="5 epochs of 100 units")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.unit = 5, 100
    return args


def main() -> None:
    args = parse_args()
    comm = chainermn.create_communicator(args.communicator)
    is_first = comm.rank == 0
    if comm.size < 2:
        raise SystemExit("the layers are spread over two processes at least: mpiexec -n 2 python ...")
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)
    if is_first:
        print(f"{comm.size} processes, {comm.size + 1} layers, {args.dataset}\n")

    # ranks: each has a piece, and an optimizer of its own for it. There is nothing to average.
    model = make_piece(comm, args.unit, 10).to_device(device)
    optimizer = chainer.optimizers.Adam().setup(model)

    # ranks: only the first one needs data; the others iterate as often, over examples that are empty.
    train, test = DATASETS[args.dataset](ndim=1) if is_first else (None, None)
    n_train, n_test = comm.bcast_obj((len(train), len(test)) if is_first else None)
    if not is_first:
        train = chainermn.create_empty_dataset(range(n_train))
        test = chainermn.create_empty_dataset(range(n_test))

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    # ranks: all take part in the evaluation, since each has a piece of the model; the first one has the result.
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    checkpointer = chainermn.create_multi_node_checkpointer("mnist-model-parallel", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(1, "epoch"))
    if is_first:
        trainer.extend(extensions.LogReport())
        names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
        trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.run()


if __name__ == "__main__":
    main()
