#!/usr/bin/env python3
"""Classifies texts.

python train_text_classifier.py --test              questions by what they ask for, made up, in seconds
python train_text_classifier.py --model rnn
python train_text_classifier.py --dataset reviews.tsv    lines of a label, a tab and a text
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import chainer
import networks
import numpy as np
from chainer import training
from chainer.training import extensions
from questions import make_questions, read_texts

MODELS = {"bow": networks.BOWEncoder, "cnn": networks.CNNEncoder, "rnn": networks.RNNEncoder}
UNKNOWN = 0


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", type=Path, help="file of labelled texts; without, questions are made up")
    add("--char-based", action="store_true", help="take characters of a file for words")
    add("--max-vocab", type=int, default=20000, help="largest number of words (default: %(default)s)")
    add("--model", choices=MODELS, default="cnn", help="how to encode a text (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=64, help="texts a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=30, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=300, help="length of a vector (default: %(default)s)")
    add("--dropout", type=float, default=0.4, help="share of activations dropped (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="8 epochs of 60 units")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.unit = 8, 60
    return args


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.int32]], device: chainer.backend.Device) -> dict[str, object]:
    """A list of texts, which are of many lengths, and an array of labels."""
    return {"xs": [device.send(x) for x, _ in batch], "ys": device.send(np.array([y for _, y in batch], np.int32))}


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.dataset:
        texts = read_texts(args.dataset, args.char_based)
    else:
        texts = make_questions(1500, np.random.default_rng(args.seed))
    frequent = Counter(word for text, _ in texts for word in text).most_common(args.max_vocab)
    numbers = {word: number for number, word in enumerate(["<unk>", *(word for word, _ in frequent)])}
    labels = sorted({label for _, label in texts})
    data = [
        (np.array([numbers.get(word, UNKNOWN) for word in text], np.int32), np.int32(labels.index(label)))
        for text, label in texts
    ]
    test, train = chainer.datasets.split_dataset_random(data, max(1, len(data) // 5), seed=args.seed)
    print(f"{len(train)} texts to learn from, {len(numbers)} words, classes: {', '.join(labels)}\n")

    model = networks.TextClassifier(MODELS[args.model](len(numbers), args.unit), len(labels), args.dropout)
    optimizer = chainer.optimizers.Adam().setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(1e-4))
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, converter=convert, device=device))
    best = training.triggers.MaxValueTrigger("validation/main/accuracy", (1, "epoch"))
    trainer.extend(extensions.snapshot_object(model, "best_model.npz"), trigger=best)
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
