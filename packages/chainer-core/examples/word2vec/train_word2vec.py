#!/usr/bin/env python3
"""Learns a vector for each word from the words around it (Mikolov et al., arXiv:1301.3781 and NIPS 2013).

    python train_word2vec.py --test                     from Python's own help pages, in seconds
    python train_word2vec.py --dataset ptb              from the Penn Treebank, downloaded when first asked for
    python train_word2vec.py --model cbow --out-type hsm

search.py lists the words nearest to a word.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions


def get_python_words(at_least: int = 5) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The help pages that come with Python as word numbers, split in two, and the number of each word."""
    from pydoc_data.topics import topics

    words = [word for name in sorted(topics) for word in re.findall(r"[a-z_]{2,}", topics[name].lower())]
    frequent = [word for word, count in Counter(words).most_common() if count >= at_least]
    vocabulary = {word: number for number, word in enumerate(frequent)}
    numbers = np.array([vocabulary[word] for word in words if word in vocabulary], np.int32)
    return *np.split(numbers, [len(numbers) * 9 // 10]), vocabulary


def get_ptb_words() -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The same of the Penn Treebank."""
    train, validation, _ = chainer.datasets.get_ptb_words()
    return train, validation, chainer.datasets.get_ptb_words_vocabulary()


DATASETS = {"python": get_python_words, "ptb": get_ptb_words}


class SoftmaxCrossEntropyLoss(chainer.Chain):
    """The loss over all words, exact and slow."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        with self.init_scope():
            self.out = L.Linear(n_in, n_out, initialW=0)

    def forward(self, x: chainer.Variable, t: np.ndarray) -> chainer.Variable:
        return F.softmax_cross_entropy(self.out(x), t, reduce="no")


class WordVectors(chainer.Chain):
    """What both models have in common: a vector a word, and a loss that asks it to foretell another word.

    Args:
        n_vocab: Number of words.
        n_units: Length of a vector.
        loss_func: Loss link, called with vectors ``(B, n_units)`` and words ``(B,)``.
    """

    def __init__(self, n_vocab: int, n_units: int, loss_func: chainer.Link) -> None:
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units, initialW=chainer.initializers.Uniform(1 / n_units))
            self.loss_func = loss_func

    def report(self, loss: chainer.Variable, n_predictions: int) -> chainer.Variable:
        loss = F.sum(loss) / n_predictions
        chainer.report({"loss": loss}, self)
        return loss


class ContinuousBoW(WordVectors):
    """The mean of the context foretells the word in its middle."""

    def forward(self, x: np.ndarray, contexts: np.ndarray) -> chainer.Variable:
        h = F.mean(self.embed(contexts), axis=1)  # (B, n_units)
        return self.report(self.loss_func(h, x), len(x))


class SkipGram(WordVectors):
    """Each word of the context foretells the word in its middle."""

    def forward(self, x: np.ndarray, contexts: np.ndarray) -> chainer.Variable:
        n_context = contexts.shape[1]
        h = F.reshape(self.embed(contexts), (contexts.size, -1))  # (B * n_context, n_units)
        return self.report(self.loss_func(h, x.repeat(n_context)), contexts.size)


class WindowIterator(chainer.dataset.Iterator):
    """Deals out words, each with its neighbours up to a distance that is drawn for every batch.

    Args:
        dataset: Word numbers of the text.
        window: Largest distance.
        batch_size: Words in the middle a batch.
        repeat: Whether to go on, in another order, after each word was in the middle once.
    """

    def __init__(self, dataset: np.ndarray, window: int, batch_size: int, repeat: bool = True) -> None:
        self.dataset = dataset
        self.window = window
        self.batch_size = batch_size
        self._repeat = repeat
        self.reset()

    def reset(self) -> None:
        self.order = np.random.permutation(len(self.dataset) - 2 * self.window).astype(np.int32) + self.window
        self.current_position = 0
        self.epoch = 0
        self.is_new_epoch = False

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        if not self._repeat and self.epoch > 0:
            raise StopIteration
        position = self.order[self.current_position : self.current_position + self.batch_size]
        width = np.random.randint(1, self.window + 1)
        offsets = np.delete(np.arange(-width, width + 1), width)
        batch = self.dataset[position], self.dataset[position[:, None] + offsets]
        self.current_position += self.batch_size
        self.is_new_epoch = self.current_position >= len(self.order)
        if self.is_new_epoch:
            np.random.shuffle(self.order)
            self.current_position = 0
            self.epoch += 1
        return batch

    @property
    def epoch_detail(self) -> float:
        return self.epoch + self.current_position / len(self.order)

    def serialize(self, serializer: Any) -> None:
        self.current_position = serializer("current_position", self.current_position)
        self.epoch = serializer("epoch", self.epoch)
        self.is_new_epoch = serializer("is_new_epoch", self.is_new_epoch)
        self.order = serializer("order", self.order)


@chainer.dataset.converter()
def convert(batch: tuple[np.ndarray, np.ndarray], device: chainer.backend.Device) -> tuple[np.ndarray, np.ndarray]:
    """Sends a batch of :class:`WindowIterator`, which is made of arrays already."""
    return device.send(batch)


def make_loss(kind: str, n_units: int, counts: np.ndarray, n_negative: int) -> chainer.Link:
    if kind == "hsm":
        tree = L.BinaryHierarchicalSoftmax.create_huffman_tree(dict(enumerate(counts.tolist())))
        return L.BinaryHierarchicalSoftmax(n_units, tree)
    if kind == "ns":
        return L.NegativeSampling(n_units, counts, n_negative)
    return SoftmaxCrossEntropyLoss(n_units, len(counts))


def save_vectors(path: Path, vectors: np.ndarray, vocabulary: dict[str, int]) -> None:
    """Writes the text format of the first word2vec program, which many others read."""
    with path.open("w", encoding="utf-8") as file:
        print(*vectors.shape, file=file)
        for word, number in vocabulary.items():
            print(word, *(f"{value:.6g}" for value in vectors[number]), file=file)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="python", help="which text to read (default: %(default)s)")
    add("--unit", "-u", type=int, default=100, help="length of a vector (default: %(default)s)")
    add("--window", "-w", type=int, default=5, help="how far a context reaches (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=1000, help="words a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the text (default: %(default)s)")
    add("--model", "-m", choices=["skipgram", "cbow"], default="skipgram", help="default: %(default)s")
    add("--negative-size", type=int, default=5, help="wrong words beside each right one (default: %(default)s)")
    add(
        "--out-type",
        "-o",
        choices=["hsm", "ns", "original"],
        default="hsm",
        help="hierarchical softmax, negative sampling, or softmax over all words (default: %(default)s)",
    )
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="2 epochs of 30 units, 100 words a step, contexts of up to 2")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.unit, args.window, args.batchsize = 2, 30, 2, 100
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    train, validation, vocabulary = DATASETS[args.dataset]()
    print(f"{len(vocabulary)} words; a text of {len(train)} to learn from\n")
    counts = np.bincount(train, minlength=len(vocabulary)) + 1  # of 0, a word could not be foretold at all
    loss = make_loss(args.out_type, args.unit, counts, args.negative_size)
    model = {"skipgram": SkipGram, "cbow": ContinuousBoW}[args.model](len(vocabulary), args.unit, loss)
    model.to_device(device)
    optimizer = chainer.optimizers.Adam().setup(model)

    train_iter = WindowIterator(train, args.window, args.batchsize)
    validation_iter = WindowIterator(validation, args.window, args.batchsize, repeat=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(validation_iter, model, converter=convert, device=device))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "main/loss", "validation/main/loss", "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    save_vectors(args.out / "word2vec.model", chainer.backend.CpuDevice().send(model.embed.W.array), vocabulary)


if __name__ == "__main__":
    main()
