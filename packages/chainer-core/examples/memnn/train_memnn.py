#!/usr/bin/env python3
"""Learns to answer questions about little stories.

python train_memnn.py --test                                              stories made up on the spot
python train_memnn.py --train-data qa1_train.txt --test-data qa1_test.txt     a task of bAbI
"""

from __future__ import annotations

import argparse
from pathlib import Path

import babi
import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from memnn import MemNN


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train-data", type=Path, help="file of stories to learn from; without, they are made up")
    add("--test-data", type=Path, help="file of stories to be asked about")
    add("--batchsize", "-b", type=int, default=32, help="questions a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=60, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=20, help="width of the embeddings (default: %(default)s)")
    add("--hop", "-H", type=int, default=3, help="look-ups in the memory (default: %(default)s)")
    add("--max-sentences", type=int, default=50, help="sentences the memory holds (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="10 epochs")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.train_data is None) != (args.test_data is None):
        parser.error("--train-data and --test-data go together")
    if args.test:
        args.epoch = 10
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.train_data:
        learnt, asked = babi.read(args.train_data), babi.read(args.test_data)
    else:
        rng = np.random.default_rng(args.seed)
        learnt, asked = (list(babi.parse(babi.make_stories(n, rng))) for n in (400, 100))
    vocabulary = babi.Vocabulary()
    vocabulary.add(learnt + asked)
    n_sentences = min(args.max_sentences, max(len(query.story) for query in learnt + asked))
    n_words = max(len(sentence) for query in learnt + asked for sentence in (*query.story, query.question))
    train, test = (
        chainer.datasets.TupleDataset(*babi.to_arrays(queries, vocabulary, n_sentences, n_words))
        for queries in (learnt, asked)
    )
    print(f"{len(train)} questions to learn from, {len(test)} to answer; {len(vocabulary)} words\n")

    network = MemNN(len(vocabulary) + 1, n_sentences, args.unit, args.hop)
    model = L.Classifier(network, label_key=-1)
    optimizer = chainer.optimizers.Adam(alpha=0.005).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(40))
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=1))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()

    with chainer.using_config("train", False), chainer.no_backprop_mode():
        stories, questions, _ = chainer.dataset.concat_examples(test[:5], device)
        numbers = chainer.backend.CpuDevice().send(network(stories, questions).array.argmax(axis=1))
    words = ["", *vocabulary]
    for query, number in zip(asked, numbers):
        print(f"\n{'. '.join(' '.join(sentence) for sentence in query.story)}.")
        print(f"{' '.join(query.question)}? {words[number]}")


if __name__ == "__main__":
    main()
