#!/usr/bin/env python3
"""Trains WaveNet on sounds.

python train.py --test                  generated notes, in seconds
python train.py --dataset DIR           the WAV files of a folder; each folder in it is a voice of its own

generate.py lets it sing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import chainer
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions
from net import WaveNet
from tones import NOTES, make_tones, mu_law, read_wav


def read_voices(folder: Path, length: int) -> tuple[list[tuple[np.ndarray, int]], int, int]:
    """Pieces of all WAV files below a folder with the number of their voice, the number of voices, and the rate."""
    files = sorted(folder.rglob("*.wav"))
    if not files:
        raise SystemExit(f"train.py: --dataset {folder}: there is no .wav file below this folder")
    voices = sorted({file.parent for file in files})
    pieces, rates = [], set()
    for file in files:
        sound, rate = read_wav(file)
        rates.add(rate)
        pieces += [
            (sound[start : start + length], voices.index(file.parent))
            for start in range(0, len(sound) - length + 1, length)
        ]
    if len(rates) > 1:
        raise SystemExit(f"train.py: --dataset {folder}: files must share one rate, got {sorted(rates)} Hz")
    return pieces, len(voices), rates.pop()


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", type=Path, help="folder of WAV files; without, notes are generated")
    add("--length", type=int, default=2000, help="samples of a piece (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=4, help="pieces a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=20, help="passes over the data (default: %(default)s)")
    add("--n-loop", type=int, default=2, help="how often dilations are run through (default: %(default)s)")
    add("--n-layer", type=int, default=9, help="dilations of a run: 1, 2, 4, ... (default: %(default)s)")
    add("--channels", type=int, default=32, help="channels of the blocks (default: %(default)s)")
    add("--n-levels", type=int, default=256, help="levels of a sample (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="12 epochs of 64 short notes, a small network, 64 levels")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.length, args.n_loop, args.n_layer, args.channels, args.n_levels = 12, 400, 1, 6, 24, 64
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.dataset:
        pieces, n_voices, rate = read_voices(args.dataset, args.length)
    else:
        n_voices, rate = len(NOTES), 4000
        pieces = make_tones(80 if args.test else 400, args.length, rate, np.random.default_rng(args.seed))
    # Each level is foretold from those before it.
    examples: list[Any] = []
    for sound, voice in pieces:
        levels = mu_law(sound, args.n_levels)
        examples.append((levels[:-1], np.int32(voice), levels[1:]))
    n_held_out = max(1, len(examples) // 5)
    held_out, learnt = examples[:n_held_out], examples[n_held_out:]

    network = WaveNet(args.n_levels, args.n_loop, args.n_layer, args.channels, n_voices)
    print(f"{len(learnt)} pieces to learn from, {len(held_out)} held out, at {rate} Hz;", end=" ")
    print(f"each sample is foretold from {network.receptive_field} others\n")
    model = L.Classifier(network)
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    train_iter = chainer.iterators.SerialIterator(learnt, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(held_out, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=1))
    trainer.extend(extensions.snapshot_object(network, "model.npz"), trigger=(args.epoch, "epoch"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    args.out.mkdir(parents=True, exist_ok=True)
    settings = [args.n_levels, args.n_loop, args.n_layer, args.channels, n_voices]
    (args.out / "model.json").write_text(json.dumps({"settings": settings, "rate": rate}))
    trainer.run()


if __name__ == "__main__":
    main()
