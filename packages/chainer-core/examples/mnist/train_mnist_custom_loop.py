#!/usr/bin/env python3
"""Trains the digit classifier with a loop of its own instead of a Trainer.

python train_mnist_custom_loop.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
import numpy as np
from chainer.dataset import concat_examples
from networks import MLP
from train_mnist import DATASETS


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=10, help="passes over the data (default: %(default)s)")
    add("--unit", "-u", type=int, default=500, help="hidden units (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", type=Path, help="go on from mlp.npz and state.npz in this folder")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def evaluate(model: chainer.Link, dataset: chainer.dataset.DatasetMixin, device: chainer.backend.Device) -> float:
    """Share of the examples that are classified rightly."""
    x, t = concat_examples(dataset[:], device)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        return float(F.accuracy(model(x), t).array)


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    train, test = DATASETS[args.dataset](ndim=1)
    iterator = chainer.iterators.SerialIterator(train, args.batchsize)
    model = MLP(args.unit, 10).to_device(device)
    optimizer = chainer.optimizers.Adam().setup(model)
    if args.resume:
        chainer.serializers.load_npz(args.resume / "mlp.npz", model)
        chainer.serializers.load_npz(args.resume / "state.npz", optimizer)

    losses = []
    while iterator.epoch < args.epoch:
        x, t = concat_examples(iterator.next(), device)
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.array))
        if iterator.is_new_epoch:
            accuracy = evaluate(model, test, device)
            print(f"epoch {iterator.epoch:2d}  loss {np.mean(losses):.4f}  test accuracy {accuracy:.4f}")
            losses.clear()

    args.out.mkdir(parents=True, exist_ok=True)
    chainer.serializers.save_npz(args.out / "mlp.npz", model)
    chainer.serializers.save_npz(args.out / "state.npz", optimizer)


if __name__ == "__main__":
    main()
