#!/usr/bin/env python3
"""Trains a classifier of handwritten digits that is cut in two, several copies of it at once.

    mpiexec -n 4 python train_mnist_dual_parallel.py --test    100 units, 5 epochs

Of four processes, 0 and 1 have the two pieces of one copy, 2 and 3 those of the other. Within a copy activations and
gradients are passed on: model parallelism. Processes 0 and 2, which have the same piece, average its gradients, and so
do 1 and 3: data parallelism. What differs from training on one process is marked by "ranks:".
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

N_PIECES = 2


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=50, help="images a step and copy of the model (default: %(default)s)")
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
    if comm.size % N_PIECES:
        # ranks: all of them leave, one of them tells why.
        message = f"each copy of the model takes {N_PIECES} processes, so their number must be even, got {comm.size}"
        raise SystemExit(message if is_first else 1)
    # ranks: of how each is part of one copy, and of how it is one of those that have the same piece.
    model_comm = comm.split(comm.rank // N_PIECES, comm.rank)
    data_comm = comm.split(comm.rank % N_PIECES, comm.rank)
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)
    if is_first:
        print(f"{data_comm.size} copies of the model in {N_PIECES} pieces on {comm.size} processes, {args.dataset}\n")

    # ranks: the piece is chosen by the place in the copy, its gradients are averaged over the copies.
    model = make_piece(model_comm, args.unit, 10).to_device(device)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(), data_comm).setup(model)

    # ranks: the first piece of each copy gets a part of the data, the other one iterates as often.
    if model_comm.rank == 0:
        train, test = DATASETS[args.dataset](ndim=1) if is_first else (None, None)
        train = chainermn.scatter_dataset(train, data_comm, shuffle=True, seed=args.seed)
        test = chainermn.scatter_dataset(test, data_comm)
        model_comm.bcast_obj((len(train), len(test)))
    else:
        train, test = (chainermn.create_empty_dataset(range(n)) for n in model_comm.bcast_obj(None))

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    evaluator = extensions.Evaluator(test_iter, model, device=device)
    trainer.extend(chainermn.create_multi_node_evaluator(evaluator, data_comm))
    # ranks: one checkpoint of all of them.
    checkpointer = chainermn.create_multi_node_checkpointer("mnist-dual-parallel", comm)
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
