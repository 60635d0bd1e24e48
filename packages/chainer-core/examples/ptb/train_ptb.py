#!/usr/bin/env python3
"""Trains a language model: an LSTM that foretells the next word.

    python train_ptb.py --test                  a small one on Python's own help pages, in seconds
    python train_ptb.py --dataset ptb           the Penn Treebank, downloaded when first asked for

gentxt.py lets a trained model write.
"""

from __future__ import annotations

import argparse
from typing import Any

import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from corpus import CORPORA
from network import RNNForLM


class ParallelSequentialIterator(chainer.dataset.Iterator):
    """Reads one long text at ``batch_size`` evenly spaced places at once, a word a step.

    A batch is a list of pairs: the words at the places, and those that follow them.

    Args:
        dataset: Word numbers of the text.
        batch_size: Number of places.
        repeat: Whether to go on after each place has come to where the next one began.
    """

    def __init__(self, dataset: np.ndarray, batch_size: int, repeat: bool = True) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.repeat = repeat
        self.offsets = np.arange(batch_size) * len(dataset) // batch_size
        self.reset()

    def reset(self) -> None:
        self.iteration = 0
        self.epoch = 0
        self.is_new_epoch = False
        self.previous_epoch_detail = -1.0

    def __next__(self) -> list[tuple[np.integer, np.integer]]:
        length = len(self.dataset)
        if not self.repeat and self.iteration * self.batch_size >= length:
            raise StopIteration
        self.previous_epoch_detail = self.epoch_detail
        here = (self.offsets + self.iteration) % length
        batch = list(zip(self.dataset[here], self.dataset[(here + 1) % length]))
        self.iteration += 1
        epoch = self.iteration * self.batch_size // length
        self.is_new_epoch = epoch > self.epoch
        self.epoch = epoch
        return batch

    @property
    def epoch_detail(self) -> float:
        return self.iteration * self.batch_size / len(self.dataset)

    def serialize(self, serializer: Any) -> None:
        self.iteration = serializer("iteration", self.iteration)
        self.epoch = serializer("epoch", self.epoch)
        self.is_new_epoch = serializer("is_new_epoch", self.is_new_epoch)
        self.previous_epoch_detail = serializer("previous_epoch_detail", self.previous_epoch_detail)


class BPTTUpdater(training.updaters.StandardUpdater):
    """Truncated backpropagation through time: a gradient looks back ``bprop_len`` words, the state further."""

    def __init__(self, train_iter: Any, optimizer: Any, bprop_len: int, device: chainer.backend.Device) -> None:
        super().__init__(train_iter, optimizer, device=device)
        self.bprop_len = bprop_len

    def update_core(self) -> None:
        iterator, optimizer = self.get_iterator("main"), self.get_optimizer("main")
        loss = 0
        for _ in range(self.bprop_len):
            x, t = self.converter(iterator.next(), self.device)
            loss += optimizer.target(x, t)
        optimizer.target.cleargrads()
        loss.backward()
        loss.unchain_backward()  # the states stay, the way back from them is cut
        optimizer.update()


def compute_perplexity(result: dict[str, float]) -> None:
    """Adds to a row of the log between how many equally likely words the model hesitates."""
    result["perplexity"] = float(np.exp(result["main/loss"]))
    if "validation/main/loss" in result:
        result["val_perplexity"] = float(np.exp(result["validation/main/loss"]))


def unigram_perplexity(train: np.ndarray, test: np.ndarray, n_vocab: int) -> float:
    """The same for a model that knows nothing but how frequent each word is."""
    counts = np.bincount(train, minlength=n_vocab) + 1
    return float(np.exp(-np.log(counts / counts.sum())[test].mean()))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=CORPORA, default="python", help="which text to read (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=20, help="places to read at once (default: %(default)s)")
    add("--bproplen", "-l", type=int, default=35, help="words between two updates (default: %(default)s)")
    add("--epoch", "-e", type=int, default=39, help="passes over the text (default: %(default)s)")
    add("--gradclip", "-c", type=float, default=5, help="largest norm of a gradient (default: %(default)s)")
    add("--unit", "-u", type=int, default=650, help="units of each layer (default: %(default)s)")
    add("--dropout", type=float, default=0.5, help="share of activations dropped (default: %(default)s)")
    add("--learnrate", type=float, default=1.0, help="step size of SGD (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--model", "-m", default="model.npz", help="name of the file of weights in --out (default: %(default)s)")
    add("--test", action="store_true", help="3 epochs of 64 units on the first 20,000 words")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.unit, args.bproplen, args.dropout = 3, 64, 10, 0.0
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    train, validation, vocabulary = CORPORA[args.dataset]()
    if args.test:
        train, validation = train[:20000], validation[:2000]
    print(f"{len(vocabulary)} words; a text of {len(train)} to learn from, {len(validation)} to foretell")
    print(f"perplexity of word frequencies alone: {unigram_perplexity(train, validation, len(vocabulary)):.1f}\n")
    train_iter = ParallelSequentialIterator(train, args.batchsize)
    validation_iter = ParallelSequentialIterator(validation, 1, repeat=False)

    rnn = RNNForLM(len(vocabulary), args.unit, args.dropout)
    model = L.Classifier(rnn)
    model.compute_accuracy = False
    optimizer = chainer.optimizers.SGD(args.learnrate).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(args.gradclip))

    updater = BPTTUpdater(train_iter, optimizer, args.bproplen, device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    # The copy shares the parameters, but has read nothing of the training text.
    reader = model.copy()
    trainer.extend(
        extensions.Evaluator(validation_iter, reader, device=device, eval_hook=lambda _: reader.predictor.reset_state())
    )
    every = max(1, min(500, len(train) // args.batchsize // args.bproplen))
    trainer.extend(extensions.LogReport(postprocess=compute_perplexity, trigger=(every, "iteration")))
    columns = ["epoch", "iteration", "perplexity", "val_perplexity", "elapsed_time"]
    trainer.extend(extensions.PrintReport(columns), trigger=(every, "iteration"))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2))
    trainer.extend(extensions.snapshot_object(rnn, args.model))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
