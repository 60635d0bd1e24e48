#!/usr/bin/env python3
"""Trains a network on images of 32 x 32 pixels whose convolutions are spread over the processes by channels.

    mpiexec -n 2 python train_cifar.py --test              a narrow network, for a few epochs, in seconds
    mpiexec -n 2 python train_cifar.py                     handwritten digits, enlarged; needs no download
    mpiexec -n 2 python train_cifar.py --dataset cifar10   CIFAR-10, 163 MB, downloaded when first asked for

Each process has a part of the data, as in data parallelism, but only its share of the filters: activations travel
in place of their gradients. What differs from training on one process is marked by "ranks:".
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
from network import Network
from parallel_convolution import MeanOverRanks

# The images are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "cifar"))
from images import DATASETS


class Updater(training.StandardUpdater):
    """One walk back, then a step of each of the two optimizers."""

    def __init__(self, *, model: Network, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.model = model

    def connect_trainer(self, trainer: training.Trainer) -> None:
        trainer.reporter.add_observer("main", self.model)  # it is the target of neither optimizer

    def update_core(self) -> None:
        loss = self.model(*self.converter(self.get_iterator("main").next(), self.device))
        self.model.cleargrads()
        loss.backward()
        for name in ("spread", "common"):
            self.get_optimizer(name).update()


def parse_args() -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-d", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--communicator", default="naive", help="how gradients are averaged (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="images a step and process (default: %(default)s)")
    add("--learnrate", "-l", type=float, default=0.05, help="first step size of SGD (default: %(default)s)")
    add("--epoch", "-e", type=int, default=100, help="passes over the data (default: %(default)s)")
    add("--width", "-w", type=int, default=64, help="channels of the first convolution (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="3 epochs of a network 12 channels wide")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.batchsize, args.epoch, args.width = 32, 3, 12
    return args


def main() -> None:
    args = parse_args()
    comm = chainermn.create_communicator(args.communicator)
    is_first = comm.rank == 0
    if args.width % comm.size:
        # ranks: all of them leave, one of them tells why.
        message = f"--width must be a multiple of the {comm.size} processes that share the filters, got {args.width}"
        raise SystemExit(message if is_first else 1)
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)

    # ranks: one process opens the data, or downloads it; all get equal parts.
    get_dataset, n_class = DATASETS[args.dataset]
    train, test = get_dataset() if is_first else (None, None)
    train = chainermn.scatter_dataset(train, comm, shuffle=True, seed=args.seed)
    test = chainermn.scatter_dataset(test, comm)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)

    model = Network(comm, n_class, args.width)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        model(*chainer.dataset.concat_examples(train[:1]))  # settles the shapes of all layers
    model.to_device(device)
    if is_first:
        share = sum(param.size for param in model.spread.params())
        copied = sum(param.size for param in model.common.params())
        print(f"{comm.size} processes: {share} weights of filters on each, and {copied} other parameters on all\n")

    # ranks: filters are updated where they are; of everything else the gradients are averaged.
    optimizers = {
        "spread": chainer.optimizers.MomentumSGD(args.learnrate).setup(model.spread),
        "common": chainermn.create_multi_node_optimizer(chainer.optimizers.MomentumSGD(args.learnrate), comm),
    }
    optimizers["common"].setup(model.common)
    optimizers["spread"].add_hook(MeanOverRanks(comm))
    for optimizer in optimizers.values():
        optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(5e-4))

    updater = Updater(model=model, iterator=train_iter, optimizer=optimizers, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    # ranks: each has running statistics of its own batches; their means make one model again, which all evaluate.
    trainer.extend(chainermn.extensions.AllreducePersistent(model, comm))
    evaluator = extensions.Evaluator(test_iter, model, device=device)
    trainer.extend(chainermn.create_multi_node_evaluator(evaluator, comm))
    checkpointer = chainermn.create_multi_node_checkpointer("parallel-convolution", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(1, "epoch"))
    # ranks: one process tells.
    if is_first:
        trainer.extend(extensions.LogReport())
        names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
        trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
        trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.run()


if __name__ == "__main__":
    main()
