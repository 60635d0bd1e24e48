#!/usr/bin/env python3
"""Makes a folder of tiny images of four classes, in the form in which train_imagenet.py reads the real ones.

python make_images.py images
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image


def make_images(folder: Path, n: int, size: int, seed: int = 0) -> None:
    """Stripes across or along, in red or blue; ``train.txt`` and ``val.txt`` tell which is which."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "val"):
        lines = []
        for i in range(n):
            label = i % 4
            wave = np.sin(np.arange(size) / rng.uniform(2, 4) + rng.uniform(0, 6))
            pixels = rng.normal(128, 20, (size, size, 3))
            pixels[:, :, 0 if label < 2 else 2] += 80 * (wave[:, None] if label % 2 else wave)
            name = f"{part}{i:04}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
            lines.append(f"{name} {label}\n")
        (folder / f"{part}.txt").write_text("".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to put them")
    parser.add_argument("--number", "-n", type=int, default=48, help="images of each part (default: %(default)s)")
    parser.add_argument("--size", type=int, default=112, help="height and width (default: %(default)s)")
    args = parser.parse_args()
    make_images(args.folder, args.number, args.size)


if __name__ == "__main__":
    main()
