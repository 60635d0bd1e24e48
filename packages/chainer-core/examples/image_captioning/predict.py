#!/usr/bin/env python3
"""Says what is on images, with a model of train.py.

python predict.py                       three generated images, saved as pictures
python predict.py cat.jpg dog.jpg       image files
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import chainer
import numpy as np
from data import make_shapes, read_image
from model import ImageCaptioner
from PIL import Image


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("images", nargs="*", type=Path, help="image files; without, shapes are generated")
    add("--model", "-m", type=Path, default=Path("result"), help="what train.py has left (default: %(default)s)")
    add("--size", type=int, default=16, help="pixels of the images that were learnt from (default: %(default)s)")
    add("--seed", type=int, default=1, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    words = json.loads((args.model / "words.json").read_text())
    with np.load(args.model / "model.npz") as weights:
        n_units = weights["embed/W"].shape[1]
    model = ImageCaptioner(len(words), n_units)
    chainer.serializers.load_npz(args.model / "model.npz", model)

    if args.images:
        names, images = args.images, [read_image(path, args.size) for path in args.images]
    else:
        images = [image for image, _ in make_shapes(3, np.random.default_rng(args.seed), args.size)]
        names = [args.model / f"shapes{i}.png" for i in range(len(images))]
        for name, image in zip(names, images):
            pixels = (255 * image.transpose(1, 2, 0)).astype(np.uint8)
            Image.fromarray(pixels).resize((240, 240), Image.Resampling.NEAREST).save(name)
    for name, numbers in zip(names, model.predict(np.stack(images))):
        print(f"{name}: {' '.join(words[number] for number in numbers)}")


if __name__ == "__main__":
    main()
