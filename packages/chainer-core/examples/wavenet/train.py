#!/usr/bin/env python3
"""Trains a WaveNet on sounds and lets it go on from the beginning of one.

python train.py --test                  tones made up, in seconds
python train.py --dataset recordings/   a folder of .wav files
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from net import WaveNet
from tones import inverse_mu_law, make_tones, mu_law, read_wave, write_wave


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", type=Path, help="folder of .wav files; without, tones are made up")
    add("--length", "-l", type=int, default=2000, help="samples of a piece to learn from (default: %(default)s)")
    add("--n_layer", type=int, default=8, help="dilations of a stack (default: %(default)s)")
    add("--n_loop", type=int, default=2, help="stacks (default: %(default)s)")
    add("--residual_channels", type=int, default=64, help="channels within (default: %(default)s)")
    add("--skip_channels", type=int, default=128, help="channels on the way out (default: %(default)s)")
    add("--levels", type=int, default=256, help="levels of a sample (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=4, help="pieces a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=50, help="passes over the data (default: %(default)s)")
    add("--generate", type=int, default=2000, help="samples to make at the end (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="6 epochs of a small network on pieces of 400 samples")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.length, args.n_layer, args.n_loop, args.levels, args.epoch, args.generate = 400, 5, 1, 64, 6, 100
        args.residual_channels, args.skip_channels = 16, 32
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    if args.dataset:
        sounds = [read_wave(path) for path in sorted(args.dataset.glob("*.wav"))]
        pieces = [s[i : i + args.length] for s in sounds for i in range(0, len(s) - args.length + 1, args.length)]
        np.random.shuffle(pieces)
    else:
        pieces = make_tones(72, args.length, np.random.default_rng(args.seed))
    if len(pieces) < 2:
        raise SystemExit(f"train.py: --dataset must hold at least two pieces of {args.length} samples")
    data = [mu_law(piece, args.levels) for piece in pieces]
    n_held_out = max(1, len(data) // 9)
    held_out, learnt = data[:n_held_out], data[n_held_out:]

    model = WaveNet(args.n_loop, args.n_layer, args.residual_channels, args.skip_channels, args.levels)
    print(f"{len(learnt)} pieces to learn from; each level is foretold from {model.receptive_field}\n")
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    train_iter = chainer.iterators.SerialIterator(learnt, args.batchsize)
    valid_iter = chainer.iterators.SerialIterator(held_out, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(valid_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()

    start = held_out[0][: min(model.receptive_field, args.length)]
    levels = model.generate(start, args.generate)
    write_wave(args.out / "generated.wav", inverse_mu_law(levels, args.levels))


if __name__ == "__main__":
    main()
