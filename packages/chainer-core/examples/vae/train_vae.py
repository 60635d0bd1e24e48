#!/usr/bin/env python3
"""Trains a variational autoencoder on images of digits, and lets it draw some of its own.

python train_vae.py                     the digits that come with Chainer, in seconds
python train_vae.py --dataset mnist     MNIST, downloaded when first asked for
"""

from __future__ import annotations

import argparse
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions
from net import VAE
from PIL import Image

DATASETS = {
    "digits": chainer.datasets.get_digits,
    "mnist": chainer.datasets.get_mnist,
    "fashion": chainer.datasets.get_fashion_mnist,
}


def save_sheet(path: Path, images: np.ndarray, columns: int) -> None:
    """Draws square gray images, ``(N, pixels)`` from 0 to 1, row by row, each as 56 x 56 pixels or more."""
    side = round(images.shape[1] ** 0.5)
    rows = images.reshape(-1, columns, side, side).transpose(0, 2, 1, 3).reshape(-1, columns * side)
    scale = max(1, 56 // side)
    sheet = np.kron(rows, np.ones((scale, scale)))
    Image.fromarray((255 * sheet).round().astype(np.uint8)).save(path)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="what to learn (default: %(default)s)")
    add("--dim-z", "-z", type=int, default=10, help="numbers in the middle (default: %(default)s)")
    add("--dim-h", type=int, default=500, help="width of the hidden layers (default: %(default)s)")
    add("--beta", type=float, default=1.0, help="weight of the divergence (default: %(default)s)")
    add("--k", "-k", type=int, default=1, help="codes drawn an image (default: %(default)s)")
    add("--binary", action="store_true", help="make the pixels black and white")
    add("--batchsize", "-b", type=int, default=100, help="images a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=100, help="passes over the data (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", type=Path, default=Path("result"), help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="10 epochs")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch = 10
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    train, test = DATASETS[args.dataset](withlabel=False, ndim=1)
    if args.binary:
        train, test = ((images >= 0.5).astype(np.float32) for images in (train, test))
    model = VAE(train[0].size, args.dim_z, args.dim_h, args.beta, args.k)
    optimizer = chainer.optimizers.Adam().setup(model)

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.LogReport())
    names = ["main/loss", "validation/main/loss", "main/rec_loss", "main/kl"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.snapshot(n_retains=2))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()

    to_cpu = chainer.backend.CpuDevice().send
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        originals = np.asarray(test[:10])
        copies = to_cpu(model.reconstruct(device.send(originals)).array)
        z = device.send(np.random.normal(size=(50, args.dim_z)).astype(np.float32))
        inventions = to_cpu(chainer.functions.sigmoid(model.decode(z)).array)
    save_sheet(args.out / "reconstructed.png", np.concatenate([originals, copies]), columns=10)
    save_sheet(args.out / "sampled.png", inventions, columns=10)
    print(f"\nmean squared error of a reconstructed pixel: {((originals - copies) ** 2).mean():.4f}")


if __name__ == "__main__":
    main()
