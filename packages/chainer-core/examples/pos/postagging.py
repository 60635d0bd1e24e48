#!/usr/bin/env python3
"""Tags the words of a sentence with their parts of speech, by a conditional random field.

python postagging.py --test                 sentences made up by a small grammar, in seconds
python postagging.py --dataset brown.txt    lines of word/TAG word/TAG ..., as in the Brown corpus
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions

WORDS = {
    "DET": ["the", "a", "every", "this"],
    "ADJ": ["small", "old", "green", "quiet", "light", "fast"],
    # Many of these are of two kinds: only their neighbours tell which.
    "NOUN": ["dog", "ship", "light", "walk", "play", "watch", "crowd", "paint", "hand", "run"],
    "VERB": ["sees", "play", "watch", "walk", "paint", "hand", "ship", "light", "crowd", "run"],
    "ADV": ["slowly", "fast", "often", "well"],
    "PREP": ["in", "with", "under", "like"],
    "PRON": ["you", "we", "they"],
}
Sentence = list[tuple[str, str]]


def make_sentence(rng: np.random.Generator) -> Sentence:
    """Subject and verb, perhaps an adverb, an object and where it happens, as words with their tags."""

    def noun_phrase() -> list[str]:
        if rng.random() < 0.25:
            return ["PRON"]
        return ["DET", *["ADJ"] * int(rng.integers(0, 3)), "NOUN"]

    tags = [*noun_phrase(), "VERB"]
    if rng.random() < 0.5:
        tags += noun_phrase()
    if rng.random() < 0.3:
        tags += ["ADV"]
    if rng.random() < 0.4:
        tags += ["PREP", *noun_phrase()]
    return [(str(rng.choice(WORDS[tag])), tag) for tag in tags]


def read_sentences(path: Path) -> list[Sentence]:
    """Lines of ``word/TAG``; lines without any are left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[tuple(token.rsplit("/", 1)) for token in line.split()] for line in lines if line.strip()]


class CRF(chainer.Chain):
    """Scores of a tag for each word, and of a tag after another; the best whole sequence wins.

    Args:
        n_vocab: Number of words.
        n_pos: Number of tags.
    """

    def __init__(self, n_vocab: int, n_pos: int) -> None:
        super().__init__()
        with self.init_scope():
            self.feature = L.EmbedID(n_vocab, n_pos, initialW=0)
            self.crf = L.CRF1d(n_pos)

    def forward(self, xs: list[np.ndarray], ys: list[np.ndarray]) -> chainer.Variable:
        hs = self.scores(xs)
        loss = self.crf(hs, ys, transpose=True)
        with chainer.no_backprop_mode():
            _, predicted = self.crf.argmax(hs, transpose=True)
        is_right = self.xp.concatenate(predicted) == self.xp.concatenate(ys)
        chainer.report({"loss": loss, "accuracy": is_right.mean()}, self)
        return loss

    def argmax(self, xs: list[np.ndarray]) -> list[np.ndarray]:
        """The likeliest tags of each sentence."""
        _, predicted = self.crf.argmax(self.scores(xs), transpose=True)
        return predicted

    def scores(self, xs: list[np.ndarray]) -> tuple[chainer.Variable, ...]:
        ends = np.cumsum([len(x) for x in xs[:-1]])
        return F.split_axis(self.feature(self.xp.concatenate(xs)), ends, axis=0)


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.ndarray]], device: chainer.backend.Device) -> dict[str, list[Any]]:
    """Two lists of sequences: they are of many lengths, so no array can hold them."""
    return {"xs": [device.send(x) for x, _ in batch], "ys": [device.send(y) for _, y in batch]}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", type=Path, help="file of tagged sentences; without, they are made up")
    add("--batchsize", "-b", type=int, default=30, help="sentences a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="5 epochs")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch = 5
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.dataset:
        sentences = read_sentences(args.dataset)
    else:
        rng = np.random.default_rng(args.seed)
        sentences = [make_sentence(rng) for _ in range(1500)]
    words = sorted({word for sentence in sentences for word, _ in sentence})
    tags = sorted({tag for sentence in sentences for _, tag in sentence})
    word_number, tag_number = ({name: i for i, name in enumerate(names)} for names in (words, tags))
    data = [
        (
            np.array([word_number[word] for word, _ in sentence], np.int32),
            np.array([tag_number[tag] for _, tag in sentence], np.int32),
        )
        for sentence in sentences
    ]
    test, train = chainer.datasets.split_dataset_random(data, max(1, len(data) // 10), seed=args.seed)
    print(f"{len(train)} sentences to learn from, {len(words)} words, {len(tags)} tags\n")

    model = CRF(len(words), len(tags))
    optimizer = chainer.optimizers.Adam(alpha=0.03).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(0.0001))
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, converter=convert, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()

    x, _ = test[0]
    (y,) = model.argmax([device.send(x)])
    print("\n" + " ".join(f"{words[word]}/{tags[tag]}" for word, tag in zip(x, y)))


if __name__ == "__main__":
    main()
