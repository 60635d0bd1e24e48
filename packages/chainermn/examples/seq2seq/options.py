"""What the two scripts have in common: options, and pairs to translate between."""

from __future__ import annotations

import argparse
from pathlib import Path

import chainermn
import numpy as np
from dates import make_date_pairs, read_pairs
from words import Corpus, make_corpus


def parse_args(about: str) -> argparse.Namespace:
    parser = chainermn.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--source", type=Path, help="lines to translate from; without, dates are made up")
    add("--target", type=Path, help="their translations")
    add("--vocab", type=int, default=40000, help="largest number of words of each side (default: %(default)s)")
    add("--communicator", default="naive", help="its name (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="pairs a step and model (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=256, help="width of all layers (default: %(default)s)")
    add("--layer", "-l", type=int, default=2, help="layers of each LSTM (default: %(default)s)")
    add("--gpu", "-g", action="store_true", help="use one GPU a process")
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add("--resume", "-r", action="store_true", help="go on from the newest checkpoint in --out, if there is one")
    add("--test", action="store_true", help="8 epochs of 2,000 dates, one layer of 96 units, 32 pairs a step")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.source is None) != (args.target is None):
        parser.error("--source and --target go together")
    if args.test:
        args.batchsize, args.epoch, args.unit, args.layer = 32, 8, 96, 1
    return args


def open_corpus(args: argparse.Namespace) -> Corpus:
    if args.source:
        pairs = read_pairs(args.source, args.target)
    else:
        pairs = make_date_pairs(2200 if args.test else 11000, np.random.default_rng(args.seed))
    corpus = make_corpus(pairs, args.vocab)
    print(f"{len(corpus.train)} pairs to learn from, {len(corpus.held_out)} held out\n", flush=True)
    return corpus


def in_words(args: argparse.Namespace, example: tuple[list[str], list[str]]) -> str:
    """A source and its translation: dates have characters in place of words."""
    return " -> ".join(("" if args.source is None else " ").join(sequence) for sequence in example)
