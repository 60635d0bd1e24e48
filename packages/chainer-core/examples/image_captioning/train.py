#!/usr/bin/env python3
"""Learns to say what is on an image.

python train.py --test                                            generated shapes, in seconds
python train.py --annotations captions_train2017.json --images train2017      MS COCO

predict.py describes other images.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from data import UNKNOWN, make_shapes, number_words, read_coco
from model import ImageCaptioner


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.ndarray]], device: chainer.backend.Device) -> dict[str, object]:
    """One array of images, and a list of sentences: they are of many lengths."""
    return {
        "images": device.send(np.stack([image for image, _ in batch])),
        "sentences": [device.send(sentence) for _, sentence in batch],
    }


class ExactMatch(training.Extension):
    """Reports the share of held-out images of which the very sentence is said."""

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, model: ImageCaptioner, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
        self.model = model
        self.images = np.stack([image for image, _ in pairs])
        self.truth = [list(sentence) for _, sentence in pairs]

    def __call__(self, trainer: training.Trainer) -> None:
        predictions = self.model.predict(self.model.device.send(self.images))
        exact = np.mean([said == truth for said, truth in zip(predictions, self.truth)])
        chainer.report({"validation/main/exact": float(exact)})


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--annotations", type=Path, help="captions of MS COCO; without, shapes are generated")
    add("--images", type=Path, help="folder of their images")
    add("--size", type=int, default=96, help="pixels that those are scaled to (default: %(default)s)")
    add("--max-images", type=int, default=20000, help="how many of them to read (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=50, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=128, help="width of the LSTM (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="6 epochs of 1,500 images")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if (args.annotations is None) != (args.images is None):
        parser.error("--annotations and --images go together")
    if args.test:
        args.epoch = 6
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.annotations:
        pairs = read_coco(args.annotations, args.images, args.size, args.max_images)
    else:
        pairs = make_shapes(1700 if args.test else 5200, np.random.default_rng(args.seed))
    vocabulary = number_words([sentence for _, sentence in pairs], at_least=5)
    numbered = [
        (image, np.array([vocabulary.get(word, UNKNOWN) for word in sentence], np.int32)) for image, sentence in pairs
    ]
    n_held_out = max(1, min(200, len(pairs) // 10))
    held_out, learnt = numbered[:n_held_out], numbered[n_held_out:]
    print(f"{len(learnt)} images to learn from, {len(held_out)} held out, {len(vocabulary)} words\n")

    model = ImageCaptioner(len(vocabulary), args.unit).to_device(device)
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    iterator = chainer.iterators.SerialIterator(learnt, args.batchsize)
    updater = training.updaters.StandardUpdater(iterator, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(ExactMatch(model, held_out))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "main/accuracy", "validation/main/exact"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=1))
    trainer.extend(extensions.snapshot_object(model, "model.npz"), trigger=(args.epoch, "epoch"))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "words.json").write_text(json.dumps(list(vocabulary)))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
