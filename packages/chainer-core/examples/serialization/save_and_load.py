#!/usr/bin/env python3
"""Saves a model and its optimizer in each format, and loads them into new ones.

python save_and_load.py
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import serializers


def make_model() -> tuple[chainer.Sequential, chainer.Optimizer]:
    """A network with batch normalization, which has more to save than parameters, and Adam, which has moments."""
    model = chainer.Sequential(L.Linear(64, 50), L.BatchNormalization(50), F.relu, L.Linear(50, 10))
    return model, chainer.optimizers.Adam().setup(model)


def train(model: chainer.Link, optimizer: chainer.Optimizer, n_steps: int) -> float:
    """Takes some steps over the digits and returns the last loss."""
    digits, _ = chainer.datasets.get_digits(ndim=1)
    for i in range(n_steps):
        x, t = chainer.dataset.concat_examples(digits[100 * i : 100 * (i + 1)])
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    return float(loss.array)


def digit_scores(model: chainer.Link) -> np.ndarray:
    _, digits = chainer.datasets.get_digits(ndim=1)
    x, _ = chainer.dataset.concat_examples(digits[:])
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        return model(x).array


# Of each format: the ending, how to save, how to load, whether it holds optimizers, and what it needs.
FORMATS: list[tuple[str, Callable[..., None], Callable[..., None], bool, str]] = [
    ("npz", serializers.save_npz, serializers.load_npz, True, "numpy"),
    ("h5", serializers.save_hdf5, serializers.load_hdf5, True, "h5py"),
    ("safetensors", serializers.save_safetensors, serializers.load_safetensors, False, "safetensors"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", "-o", type=Path, default=Path("result"), help="folder (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    np.random.seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    model, optimizer = make_model()
    train(model, optimizer, n_steps=10)
    scores = digit_scores(model)
    loaded = []
    for ending, save, load, holds_optimizers, needs in FORMATS:
        if importlib.util.find_spec(needs) is None:
            print(f"{ending}: needs {needs}, which is not installed")
            continue
        again, optimizer_again = make_model()
        save(args.out / f"model.{ending}", model)
        load(args.out / f"model.{ending}", again)
        if holds_optimizers:
            save(args.out / f"optimizer.{ending}", optimizer)
            load(args.out / f"optimizer.{ending}", optimizer_again)
            loaded.append((ending, again, optimizer_again))
        print(f"{ending}: scores are the same: {np.array_equal(scores, digit_scores(again))}")

    # With its moments, the optimizer goes on as if nothing had happened.
    loss = train(model, optimizer, n_steps=5)
    for ending, again, optimizer_again in loaded:
        print(f"{ending}: training goes on in the same way: {train(again, optimizer_again, n_steps=5) == loss}")


if __name__ == "__main__":
    main()
