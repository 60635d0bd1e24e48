#!/usr/bin/env python3
"""Computes the mean image of a training set.

python compute_mean.py train.txt --root images --output mean.npy
"""

from __future__ import annotations

import argparse
from typing import Any

import chainer
import numpy as np


def compute_mean(dataset: Any) -> np.ndarray:
    """Mean of images of equal size, one after the other: a training set does not fit into memory."""
    total = np.zeros_like(dataset[0][0], np.float64)
    for i in range(len(dataset)):
        total += dataset[i][0]
    return (total / len(dataset)).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", help="file of lines of a path and a label")
    parser.add_argument("--root", "-R", default=".", help="folder that paths begin in (default: %(default)s)")
    parser.add_argument("--output", "-o", default="mean.npy", help="where to save the mean (default: %(default)s)")
    args = parser.parse_args()
    mean = compute_mean(chainer.datasets.LabeledImageDataset(args.dataset, args.root))
    np.save(args.output, mean)
    print(f"mean of each channel: {mean.mean(axis=(1, 2)).round(1).tolist()}")


if __name__ == "__main__":
    main()
