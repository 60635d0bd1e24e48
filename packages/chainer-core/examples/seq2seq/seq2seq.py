#!/usr/bin/env python3
"""Translates sequences with an encoder and a decoder (Sutskever et al., NIPS 2014).

python seq2seq.py --test                         dates as people write them into ISO 8601, in seconds
python seq2seq.py --source de.txt --target en.txt     lines of words in two files
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from dates import make_date_pairs, read_pairs
from exact_match import ExactMatch
from model import Seq2seq
from words import convert, make_corpus


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--source", type=Path, help="lines to translate from; without, dates are made up")
    add("--target", type=Path, help="their translations")
    add("--vocab", type=int, default=40000, help="largest number of words of each side (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="pairs a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=256, help="width of all layers (default: %(default)s)")
    add("--layer", "-l", type=int, default=2, help="layers of each LSTM (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="8 epochs of 2,000 dates, one layer of 96 units")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.source is None) != (args.target is None):
        parser.error("--source and --target go together")
    if args.test:
        args.epoch, args.unit, args.layer = 8, 96, 1
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.source:
        pairs = read_pairs(args.source, args.target)
    else:
        pairs = make_date_pairs(2200 if args.test else 11000, np.random.default_rng(args.seed))
    corpus = make_corpus(pairs, args.vocab)
    print(f"{len(corpus.train)} pairs to learn from, {len(corpus.held_out)} held out\n")

    model = Seq2seq(args.layer, len(corpus.source_numbers), len(corpus.target_numbers), args.unit)
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    train_iter = chainer.iterators.SerialIterator(corpus.train, args.batchsize)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    exact_match = ExactMatch(model, corpus)
    trainer.extend(exact_match)
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "main/accuracy", "validation/main/exact"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    joint = "" if args.source is None else " "
    print("\n" + " -> ".join(joint.join(sequence) for sequence in exact_match.example))


if __name__ == "__main__":
    main()
