#!/usr/bin/env python3
"""Translates sequences with an encoder and a decoder (Sutskever et al., NIPS 2014).

python seq2seq.py --test                         dates as people write them into ISO 8601, in seconds
python seq2seq.py --source de.txt --target en.txt     lines of words in two files
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from dates import make_date_pairs, read_pairs

UNKNOWN, EOS = 0, 1


class Seq2seq(chainer.Chain):
    """An LSTM reads the source, another one, begun with the states of the first, writes the target.

    Args:
        n_layers: Layers of each LSTM.
        n_source_vocab: Number of words of the source.
        n_target_vocab: Number of words of the target.
        n_units: Width of everything.
    """

    def __init__(self, n_layers: int, n_source_vocab: int, n_target_vocab: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.embed_x = L.EmbedID(n_source_vocab, n_units)
            self.embed_y = L.EmbedID(n_target_vocab, n_units)
            self.encoder = L.NStepLSTM(n_layers, n_units, n_units, 0.1)
            self.decoder = L.NStepLSTM(n_layers, n_units, n_units, 0.1)
            self.W = L.Linear(n_units, n_target_vocab)

    def forward(self, xs: list[np.ndarray], ys: list[np.ndarray]) -> chainer.Variable:
        """Mean cross entropy of a target, a list of word numbers each, end included."""
        eos = self.xp.array([EOS], np.int32)
        hx, cx, _ = self.encoder(None, None, embed_sequences(self.embed_x, [x[::-1] for x in xs]))
        _, _, outputs = self.decoder(hx, cx, embed_sequences(self.embed_y, [F.concat([eos, y], axis=0) for y in ys]))
        targets = F.concat([F.concat([y, eos], axis=0) for y in ys], axis=0)
        scores = self.W(F.concat(outputs, axis=0))
        loss = F.sum(F.softmax_cross_entropy(scores, targets, reduce="no")) / len(xs)
        accuracy = F.accuracy(scores, targets)
        chainer.report({"loss": loss, "accuracy": accuracy}, self)
        return loss

    def translate(self, xs: list[np.ndarray], max_length: int = 100) -> list[np.ndarray]:
        """The likeliest word after word, until all sequences have ended."""
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            h, c, _ = self.encoder(None, None, embed_sequences(self.embed_x, [x[::-1] for x in xs]))
            y = self.xp.full(len(xs), EOS, np.int32)
            columns = []
            for _ in range(max_length):
                h, c, outputs = self.decoder(h, c, F.split_axis(self.embed_y(y), len(xs), axis=0))
                y = self.W(F.concat(outputs, axis=0)).array.argmax(axis=1).astype(np.int32)
                columns.append(y)
                if (self.xp.stack(columns) == EOS).any(axis=0).all():
                    break
        rows = chainer.backend.CpuDevice().send(self.xp.stack(columns, axis=1))
        return [row[: np.append(np.flatnonzero(row == EOS), len(row))[0]] for row in rows]


def embed_sequences(embed: L.EmbedID, sequences: Sequence[Any]) -> tuple[chainer.Variable, ...]:
    """Embeds sequences of many lengths with a single look-up."""
    ends = np.cumsum([len(sequence) for sequence in sequences[:-1]])
    return F.split_axis(embed(F.concat(sequences, axis=0)), ends, axis=0)


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.ndarray]], device: chainer.backend.Device) -> dict[str, list[np.ndarray]]:
    """Two lists of sequences: they are of many lengths, so no array can hold them."""
    return {"xs": [device.send(x) for x, _ in batch], "ys": [device.send(y) for _, y in batch]}


def number_words(sequences: list[list[str]], at_most: int) -> dict[str, int]:
    """Numbers of the most frequent words; those of the unknown word and the end come first."""
    frequent = Counter(word for sequence in sequences for word in sequence).most_common(at_most)
    return {word: number for number, word in enumerate(["<UNK>", "<EOS>", *(word for word, _ in frequent)])}


def to_numbers(sequence: list[str], numbers: dict[str, int]) -> np.ndarray:
    return np.array([numbers.get(word, UNKNOWN) for word in sequence], np.int32)


class ExactMatch(training.Extension):
    """Reports the share of held-out sources that are translated without any mistake, and prints some."""

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, model: Seq2seq, pairs: list[tuple[list[str], list[str]]], numbers: Any, words: Any) -> None:
        self.model, self.pairs, self.numbers, self.words = model, pairs, numbers, words

    def __call__(self, trainer: training.Trainer) -> None:
        xs = [self.model.device.send(to_numbers(x, self.numbers)) for x, _ in self.pairs]
        translations = [[self.words[number] for number in y] for y in self.model.translate(xs)]
        exact = np.mean([y == truth for y, (_, truth) in zip(translations, self.pairs)])
        chainer.report({"validation/main/exact": float(exact)})
        self.example = self.pairs[0][0], translations[0]


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
    add("--test", action="store_true", help="6 epochs of 2,000 dates, one layer of 96 units")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.source is None) != (args.target is None):
        parser.error("--source and --target go together")
    if args.test:
        args.epoch, args.unit, args.layer = 6, 96, 1
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
    n_held_out = max(1, min(200, len(pairs) // 10))
    held_out, learnt = pairs[:n_held_out], pairs[n_held_out:]
    source_numbers = number_words([x for x, _ in learnt], args.vocab)
    target_numbers = number_words([y for _, y in learnt], args.vocab)
    train = [(to_numbers(x, source_numbers), to_numbers(y, target_numbers)) for x, y in learnt]
    print(f"{len(train)} pairs to learn from, {len(held_out)} held out\n")

    model = Seq2seq(args.layer, len(source_numbers), len(target_numbers), args.unit)
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    exact_match = ExactMatch(model, held_out, source_numbers, list(target_numbers))
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
