#!/usr/bin/env python3
"""Fills a model from a file of save.py, and counts how many test images it recognises.

python load.py result/model.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import chainer.functions as F
from digits import LOAD, MLP


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help=f"the file; its suffix, one of {', '.join(LOAD)}, says the format")
    args = parser.parse_args()
    if args.model.suffix not in LOAD:
        parser.error(f"the suffix of the file must be one of {', '.join(LOAD)}, got {args.model}")
    return args


def main() -> None:
    args = parse_args()
    model = MLP()
    LOAD[args.model.suffix](args.model, model)
    _, test = chainer.datasets.get_digits()
    x, t = chainer.dataset.concat_examples(test[:])
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        print(f"test accuracy: {float(F.accuracy(model(x), t).array):.4f}")


if __name__ == "__main__":
    main()
