#!/usr/bin/env python3
"""Trains a network that draws, against one that tells what is drawn from what is real.

python train_dcgan.py --test                    digits that come with Chainer, in seconds
python train_dcgan.py --dataset photos/ --size 32    a folder of pictures
python train_dcgan.py --dataset cifar10         CIFAR-10, downloaded when first asked for
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from net import Discriminator, Generator
from PIL import Image
from updater import DCGANUpdater


def read_images(name: str, size: int) -> np.ndarray:
    """Images with pixels from 0 to 1. Shape ``(N, channels, size, size)``."""
    if name == "digits":
        train, _ = chainer.datasets.get_digits(withlabel=False, ndim=3)
        return np.asarray(train[:])
    if name == "cifar10":
        train, _ = chainer.datasets.get_cifar10(withlabel=False)
        return np.asarray(train[:])
    paths = [path for path in sorted(Path(name).iterdir()) if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]
    if not paths:
        raise SystemExit(f"train_dcgan.py: there is no .jpg or .png in {name}")
    images = [np.asarray(Image.open(path).convert("RGB").resize((size, size))) for path in paths]
    return np.stack(images).transpose(0, 3, 1, 2).astype(np.float32) / 255


class Exhibition(training.Extension):
    """Draws a sheet of images, always from the same noise, and compares their mean with that of the real ones.

    Args:
        gen: The generator.
        real: The real images.
        rows: Rows and columns of the sheet.
        seed: Where the noise begins.
    """

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, gen: Generator, real: np.ndarray, rows: int, seed: int) -> None:
        self.gen, self.rows, self.seed = gen, rows, seed
        self.real_mean = real.mean(axis=0)

    def __call__(self, trainer: training.Trainer) -> None:
        state = np.random.get_state()  # the training shall not depend on how often it is looked at
        np.random.seed(self.seed)
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            x = chainer.backend.CpuDevice().send(self.gen(self.gen.make_hidden(self.rows**2)).array)
        np.random.set_state(state)
        distance = float(np.sqrt(((x.mean(axis=0) - self.real_mean) ** 2).mean()))
        chainer.report({"distance_of_means": distance}, self.gen)

        _, channels, height, width = x.shape
        sheet = x.reshape(self.rows, self.rows, channels, height, width).transpose(0, 3, 1, 4, 2)
        sheet = sheet.reshape(self.rows * height, self.rows * width, channels)
        folder = Path(trainer.out) / "preview"
        folder.mkdir(exist_ok=True)
        picture = Image.fromarray((255 * sheet).round().astype(np.uint8).squeeze())
        scale = max(1, 32 // height)
        picture = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
        picture.save(folder / f"image{trainer.updater.iteration:08}.png")


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", default="digits", help="'digits', 'cifar10' or a folder (default: %(default)s)")
    add("--size", type=int, default=32, help="side of the images of a folder, a power of two (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=50, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=100, help="passes over the data (default: %(default)s)")
    add("--n-hidden", "-n", type=int, default=100, help="length of the noise (default: %(default)s)")
    add("--width", "-w", type=int, default=32, help="channels of the widest images (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="6 epochs of narrow networks")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch, args.width = 6, 16
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    images = read_images(args.dataset, args.size)
    _, channels, size, _ = images.shape
    gen = Generator(args.n_hidden, size, channels, args.width).to_device(device)
    dis = Discriminator(size, args.width).to_device(device)

    optimizers = {}
    for name, model in (("gen", gen), ("dis", dis)):
        optimizers[name] = chainer.optimizers.Adam(alpha=0.0005, beta1=0.5).setup(model)
        optimizers[name].add_hook(chainer.optimizer_hooks.WeightDecay(0.0001))
    updater = DCGANUpdater(
        models=(gen, dis),
        iterator=chainer.iterators.SerialIterator(images, args.batchsize),
        optimizer=optimizers,
        device=device,
    )
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(Exhibition(gen, images, rows=10, seed=args.seed))
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "gen/loss", "dis/loss", "gen/distance_of_means", "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(max(1, args.epoch // 5), "epoch"))
    trainer.extend(extensions.snapshot_object(gen, "gen.npz"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
