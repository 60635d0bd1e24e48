#!/usr/bin/env python3
"""Learns to say what is in a picture.

python train.py --test                  two coloured shapes, made up, in seconds
python train.py --captions captions_train2017.json --root train2017    MS COCO
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from model import BOS, EOS, PADDING, UNKNOWN, ImageCaptionModel
from pictures import Captioned, make_pictures, read_captions


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--captions", type=Path, help="JSON file of sentences about pictures; without, both are made up")
    add("--root", type=Path, default=Path(), help="folder of the pictures")
    add("--size", type=int, default=32, help="height and width that pictures are scaled to (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=32, help="pictures a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=30, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=256, help="width of the LSTM (default: %(default)s)")
    add("--width", "-w", type=int, default=16, help="channels of the first convolution (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="6 epochs of a small network")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.unit, args.width = 6, 96, 8
    return args


class ExactMatch(training.Extension):
    """Reports the share of held-out pictures whose sentence comes out word by word."""

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, model: ImageCaptionModel, pictures: list[Captioned], words: list[str]) -> None:
        self.model, self.words = model, words
        self.images = np.stack([image for image, _ in pictures])
        self.captions = [caption for _, caption in pictures]

    def __call__(self, trainer: training.Trainer) -> None:
        told = self.model.tell(self.model.device.send(self.images))
        self.sentences = [[self.words[number] for number in sentence] for sentence in told]
        exact = np.mean([sentence == caption for sentence, caption in zip(self.sentences, self.captions)])
        chainer.report({"validation/exact": float(exact)})


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.ndarray]], device: chainer.backend.Device) -> tuple[np.ndarray, ...]:
    """Images, and captions filled up to the length of the longest."""
    return chainer.dataset.concat_examples(batch, device, padding=PADDING)


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.captions:
        pictures = read_captions(args.captions, args.root, args.size)
    else:
        pictures = make_pictures(1700, args.size, args.seed)
    n_held_out = max(1, min(200, len(pictures) // 8))
    held_out, learnt = pictures[:n_held_out], pictures[n_held_out:]
    frequent = Counter(word for _, caption in learnt for word in caption).most_common(10000)
    words = ["<unk>", "<bos>", "<eos>", *(word for word, _ in frequent)]
    numbers = {word: number for number, word in enumerate(words)}
    data = [
        (image, np.array([BOS, *(numbers.get(word, UNKNOWN) for word in caption), EOS], np.int32))
        for image, caption in learnt
    ]
    print(f"{len(data)} pictures to learn from, such as of {' '.join(learnt[0][1])}\n")

    model = ImageCaptionModel(len(words), args.unit, args.width)
    optimizer = chainer.optimizers.Adam().setup(model)
    train_iter = chainer.iterators.SerialIterator(data, args.batchsize)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    exact_match = ExactMatch(model, held_out, words)
    trainer.extend(exact_match)
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "main/loss", "main/accuracy", "validation/exact", "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    for sentence, caption in list(zip(exact_match.sentences, exact_match.captions))[:3]:
        print(f"\ntold:  {' '.join(sentence)}\ntruth: {' '.join(caption)}")


if __name__ == "__main__":
    main()
