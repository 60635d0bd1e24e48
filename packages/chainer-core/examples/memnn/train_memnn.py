#!/usr/bin/env python3
"""Answers questions about short stories.

python train_memnn.py --test                who is where, made up, in seconds
python train_memnn.py qa2_train.txt qa2_test.txt     files of the bAbI tasks
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from babi import Question, make_questions, read_questions
from chainer import training
from chainer.training import extensions
from memnn import MemNN


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("train", nargs="?", type=Path, help="stories to learn from; without, they are made up")
    add("test_data", nargs="?", type=Path, help="stories to judge by")
    add("--batchsize", "-b", type=int, default=50, help="questions a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=60, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=20, help="length of a vector (default: %(default)s)")
    add("--hop", "-H", type=int, default=3, help="looks into the memory (default: %(default)s)")
    add("--max-memory", "-m", type=int, default=50, help="sentences to remember (default: %(default)s)")
    add("--sentence-repr", choices=["bow", "pe"], default="bow", help="how sentences are encoded")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="15 epochs, 10 sentences to remember")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.train is None) != (args.test_data is None):
        parser.error("train and test_data go together")
    if args.test:
        args.epoch, args.max_memory = 15, 10
    return args


def to_arrays(
    questions: list[Question], numbers: dict[str, int], max_memory: int
) -> list[tuple[np.ndarray, np.ndarray, np.int32]]:
    """Sentences, question and answer as numbers. The latest sentence is the first; 0 fills what is left."""
    texts = [sentence for q in questions for sentence in [*q.story, q.question]]
    n_words = max(map(len, texts))

    def fill(sentence: list[str]) -> list[int]:
        known = [numbers.get(word, 0) for word in sentence]
        return known + [0] * (n_words - len(known))

    data = []
    for q in questions:
        sentences = np.zeros((max_memory, n_words), np.int32)
        latest = q.story[: -max_memory - 1 : -1]
        sentences[: len(latest)] = [fill(sentence) for sentence in latest]
        data.append((sentences, np.array(fill(q.question), np.int32), np.int32(numbers.get(q.answer, 0))))
    return data


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.train:
        train, test = read_questions(args.train), read_questions(args.test_data)
    else:
        questions = make_questions(1200, np.random.default_rng(args.seed))
        train, test = questions[:1000], questions[1000:]
    words = sorted({word for q in train for sentence in [*q.story, q.question, [q.answer]] for word in sentence})
    numbers = {word: number for number, word in enumerate(words, 1)}
    train_data, test_data = (to_arrays(part, numbers, args.max_memory) for part in (train, test))
    print(f"{len(train)} questions to learn from, {len(words)} words\n")

    model = MemNN(args.unit, len(words) + 1, args.max_memory, args.hop, args.sentence_repr)
    optimizer = chainer.optimizers.Adam(alpha=0.01).setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(40))
    train_iter = chainer.iterators.SerialIterator(train_data, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test_data, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()

    y = model.scores(*(device.send(part[None]) for part in test_data[0][:2]))
    story = ". ".join(" ".join(sentence) for sentence in test[0].story)
    print(f"\n{story}. {' '.join(test[0].question)}? {words[int(y.array.argmax()) - 1]}")


if __name__ == "__main__":
    main()
