#!/usr/bin/env python3
"""Lets a network of train.py sing.

python generate.py --voice 0 4 7       a chord of three notes
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import chainer
import numpy as np
from net import WaveNet
from tones import inverse_mu_law, write_wav


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", "-m", type=Path, default=Path("result"), help="what train.py has left (default: %(default)s)")
    add("--voice", "-v", type=int, nargs="+", default=[0], help="what to sing, a file each (default: 0)")
    add("--length", type=int, default=4000, help="samples (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the files (default: %(default)s)")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    description = json.loads((args.model / "model.json").read_text())
    network = WaveNet(*description["settings"])
    chainer.serializers.load_npz(args.model / "model.npz", network)
    levels = network.generate(np.array(args.voice, np.int32), args.length, np.random.default_rng(args.seed))
    args.out.mkdir(parents=True, exist_ok=True)
    for voice, sound in zip(args.voice, inverse_mu_law(levels, network.n_levels)):
        path = args.out / f"voice{voice}.wav"
        write_wav(path, sound, description["rate"])
        spectrum = abs(np.fft.rfft(sound * np.hanning(len(sound))))
        loudest = spectrum.argmax() * description["rate"] / len(sound)
        print(f"{path}: {len(sound) / description['rate']:.2f} seconds, loudest at {loudest:.0f} Hz")


if __name__ == "__main__":
    main()
