#!/usr/bin/env python3
"""Trains a classifier of handwritten digits, and shows what it has learnt.

The default data set comes with Chainer: 1,797 digits, scanned from the handwriting of 13 people. The
others are downloaded when first asked for.

    python train_mnist.py                       an MLP on the digits, in seconds
    python train_mnist.py --model cnn           a convolutional network
    python train_mnist.py --dataset mnist       the MNIST images
    python train_mnist.py --resume result       go on where a run was stopped
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from networks import CNN, MLP
from pictures import predict, save_sheet

DATASETS: dict[str, Callable[..., Any]] = {
    "digits": chainer.datasets.get_digits,
    "mnist": chainer.datasets.get_mnist,
    "fashion": chainer.datasets.get_fashion_mnist,
    "kuzushiji": chainer.datasets.get_kuzushiji_mnist,
}
MODELS = {"mlp": MLP, "cnn": CNN}
SNAPSHOT = "snapshot_iter_{.updater.iteration}"


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--model", choices=MODELS, default="mlp", help="the network (default: %(default)s)")
    add("--batchsize", "-b", type=positive(int), default=100, metavar="N", help="images a step (default: %(default)s)")
    add(
        "--epoch", "-e", type=positive(int), default=20, metavar="N", help="passes over the data (default: %(default)s)"
    )
    add("--unit", "-u", type=positive(int), default=1000, metavar="N", help="hidden units (default: %(default)s)")
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument(
        "--alpha",
        "-a",
        type=positive(float),
        default=0.001,
        metavar="X",
        help="step size of Adam (default: %(default)s)",
    )
    rate.add_argument(
        "--learnrate", "-l", type=positive(float), metavar="X", help="use momentum SGD instead, with this step size"
    )
    add("--device", "-d", default="-1", help="'-1' or '@numpy' for the CPU, '0' or '@cupy:0' for the first GPU")
    add("--gpu", "-g", dest="device", nargs="?", const="0", help=argparse.SUPPRESS)
    add("--out", "-o", type=Path, default=Path("result"), help="where results go (default: %(default)s)")
    add(
        "--frequency",
        "-f",
        type=int,
        default=1,
        metavar="N",
        help="epochs between two snapshots; -1 for one at the end",
    )
    add("--resume", "-r", type=Path, metavar="FILE", help="go on from this snapshot, or from the newest in this folder")
    add("--autoload", action="store_true", help="go on from the newest snapshot in --out, if there is one")
    add("--plot", action=argparse.BooleanOptionalAction, default=True, help="whether to draw pictures")
    add("--noplot", dest="plot", action="store_false", help=argparse.SUPPRESS)
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args(argv)


def positive(kind: type) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"must be greater than 0, got {text}")
        return value

    number.__name__ = kind.__name__
    return number


def newest_snapshot(path: Path) -> Path:
    """The file itself, or the newest snapshot in a folder."""
    if not path.is_dir():
        return path
    snapshots = sorted(path.glob("snapshot_iter_*"), key=lambda file: file.stat().st_mtime)
    if not snapshots:
        raise FileNotFoundError(f"--resume {path}: there is no snapshot_iter_* in this folder")
    return snapshots[-1]


def make_trainer(args: argparse.Namespace, device: chainer.backend.Device) -> tuple[training.Trainer, L.Classifier]:
    """A trainer with everything that is wanted of it, and the model that it trains."""
    ndim = 3 if args.model == "cnn" else 1
    train, test = DATASETS[args.dataset](ndim=ndim)
    model = L.Classifier(MODELS[args.model](args.unit, 10)).to_device(device)
    optimizer: chainer.GradientMethod
    if args.learnrate is None:
        optimizer = chainer.optimizers.Adam(alpha=args.alpha)
    else:
        optimizer = chainer.optimizers.MomentumSGD(args.learnrate)
    optimizer.setup(model)

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.DumpGraph("main/loss"))
    every = args.epoch if args.frequency == -1 else max(1, args.frequency)
    trainer.extend(
        extensions.snapshot(filename=SNAPSHOT, n_retains=2, autoload=args.autoload), trigger=(every, "epoch")
    )
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    if args.plot:
        for value in ("loss", "accuracy"):
            keys = [f"main/{value}", f"validation/main/{value}"]
            trainer.extend(extensions.PlotReport(keys, "epoch", filename=f"{value}.png"))
        report = extensions.ClassificationReport(test_iter, model.predictor, [str(n) for n in range(10)], device=device)
        trainer.extend(report, trigger=(args.epoch, "epoch"))
    return trainer, model


def show_result(args: argparse.Namespace, model: L.Classifier, device: chainer.backend.Device) -> None:
    """Prints the accuracy on the test images, and draws those that were not recognised."""
    ndim = 3 if args.model == "cnn" else 1
    _, test = DATASETS[args.dataset](ndim=ndim)
    images, truth = chainer.dataset.concat_examples(test[:])
    prediction = predict(model.predictor, images, device, args.batchsize)
    print(f"\ntest accuracy: {(prediction == truth).mean():.4f} ({(prediction != truth).sum()} of {len(truth)} wrong)")
    if args.plot:
        side = round((images[0].size) ** 0.5)
        save_sheet(args.out / "wrong.png", images.reshape(-1, side, side), truth, prediction)


def refuse(error: Exception) -> int:
    # A KeyError prints as the repr of its message.
    print(f"train_mnist.py: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
    return 2


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    random.seed(args.seed)
    np.random.seed(args.seed)
    try:
        device = chainer.get_device(args.device)
        device.use()
        trainer, model = make_trainer(args, device)
        if args.resume is not None:
            snapshot = newest_snapshot(args.resume)
            chainer.serializers.load_npz(snapshot, trainer)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        return refuse(error)
    print(f"device: {device}, {args.dataset}, {args.model} with {args.unit} units, batches of {args.batchsize}\n")
    try:
        trainer.run()
    except OSError as error:
        return refuse(error)
    show_result(args, model, device)
    print(f"results are in {args.out.resolve()}: " + ", ".join(sorted(p.name for p in args.out.iterdir())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
