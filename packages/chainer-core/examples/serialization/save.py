#!/usr/bin/env python3
"""Trains a model, and saves it and its training in three formats.

python save.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from digits import MLP, SAVE, checksum, make_trainer


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--epoch", "-e", type=int, default=2, help="passes over the data (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the files (default: %(default)s)")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    model = MLP()
    trainer = make_trainer(model, args.epoch, args.out)
    trainer.run()
    for suffix, save in SAVE.items():
        for name, what in (("model", model), ("training", trainer)):
            path = args.out / f"{name}{suffix}"
            save(path, what)
            print(f"{path}: {path.stat().st_size:,} bytes")
    print(f"weights after epoch {args.epoch}: {checksum(model)}")


if __name__ == "__main__":
    main()
