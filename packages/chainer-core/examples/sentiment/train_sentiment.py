#!/usr/bin/env python3
"""Learns the sentiment of sentences from their trees.

python train_sentiment.py --test                    sentences made up by a small grammar, in seconds
python train_sentiment.py --model tree_lstm
python train_sentiment.py --train trees/train.txt --validation trees/dev.txt    Stanford Sentiment Treebank
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from networks import Forest, RecursiveNet, TreeLSTM, plant
from trees import Tree, make_trees, read_trees

MODELS = {"recursive": RecursiveNet, "tree_lstm": TreeLSTM}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", type=Path, help="file of trees to learn from; without, sentences are made up")
    add("--validation", type=Path, help="file of trees to judge by")
    add("--model", "-m", choices=MODELS, default="recursive", help="the network (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=25, help="trees a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=30, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=30, help="length of the vector of a node (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="4 epochs")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.train is None) != (args.validation is None):
        parser.error("--train and --validation go together")
    if args.test:
        args.epoch = 4
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.train:
        train, validation = read_trees(args.train), read_trees(args.validation)
    else:
        trees = make_trees(2200, np.random.default_rng(args.seed))
        train, validation = trees[:2000], trees[2000:]
    words = sorted({leaf.word for tree in train for leaf in tree.walk() if leaf.word})
    vocabulary = {word: number for number, word in enumerate(["<unk>", *words])}
    print(f"{len(train)} trees to learn from, such as {train[0]}\n")

    @chainer.dataset.converter()
    def convert(batch: list[Tree], device: chainer.backend.Device) -> Forest:
        return plant(batch, vocabulary, device)

    model = MODELS[args.model](len(vocabulary), args.unit)
    optimizer = chainer.optimizers.Adam(alpha=0.005).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1e-5))
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    validation_iter = chainer.iterators.SerialIterator(validation, 200, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(validation_iter, model, converter=convert, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "main/accuracy", "validation/main/accuracy", "validation/main/root_accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
