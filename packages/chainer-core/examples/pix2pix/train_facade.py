#!/usr/bin/env python3
"""Trains a network that turns the plan of a house front into its picture.

python train_facade.py --test               houses made up, in seconds
python train_facade.py --dataset base/ --size 256 --width 64     the CMP facade database
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
from chainer import training
from chainer.training import extensions
from facades import make_facades, read_facades
from net import Discriminator, UNet
from PIL import Image


class FacadeUpdater(training.updaters.StandardUpdater):
    """Teaches the generator to be near the true picture, and to be taken for it by the discriminator.

    Args:
        lam: Weight of the mean absolute error beside the opinion of the discriminator.
        **kwargs: As for :class:`~chainer.training.updaters.StandardUpdater`; the optimizers are ``'gen'`` and
            ``'dis'``.
    """

    def __init__(self, *, lam: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lam = lam

    def update_core(self) -> None:
        gen_optimizer, dis_optimizer = self.get_optimizer("gen"), self.get_optimizer("dis")
        gen, dis = gen_optimizer.target, dis_optimizer.target
        plan, picture = self.converter(self.get_iterator("main").next(), self.device)
        drawn = gen(plan)
        y_real, y_drawn = dis(plan, picture), dis(plan, drawn)

        # softplus(-y) is -log sigmoid(y): the cross entropy of "real".
        l1 = F.mean_absolute_error(drawn, picture)
        gen_loss = self.lam * l1 + F.mean(F.softplus(-y_drawn))
        dis_loss = (F.mean(F.softplus(-y_real)) + F.mean(F.softplus(y_drawn))) / 2
        gen.cleargrads()
        gen_loss.backward()
        drawn.unchain_backward()  # what follows shall not reach the generator
        dis.cleargrads()
        dis_loss.backward()
        gen_optimizer.update()
        dis_optimizer.update()
        chainer.report({"loss": gen_loss, "l1": l1}, gen)
        chainer.report({"loss": dis_loss}, dis)


class Gallery(training.Extension):
    """Reports the mean absolute error of held-out houses, and draws some: plan, what is drawn, what is true."""

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, gen: UNet, houses: list[tuple[np.ndarray, np.ndarray]], n_drawn: int = 8) -> None:
        self.gen, self.n_drawn = gen, n_drawn
        self.plans, self.pictures = chainer.dataset.concat_examples(houses)

    def __call__(self, trainer: training.Trainer) -> None:
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            drawn = chainer.backend.CpuDevice().send(self.gen(self.gen.device.send(self.plans)).array)
        chainer.report({"validation/l1": float(abs(drawn - self.pictures).mean())})
        n = self.n_drawn
        parts = self.plans[:n].argmax(axis=1)[:, None] * (2 / (self.plans.shape[1] - 1)) - 1
        rows = [np.concatenate(row, axis=2) for row in (parts.repeat(3, axis=1), drawn[:n], self.pictures[:n])]
        sheet = np.concatenate(rows, axis=1).transpose(1, 2, 0)
        folder = Path(trainer.out) / "preview"
        folder.mkdir(exist_ok=True)
        path = folder / f"image{trainer.updater.iteration:08}.png"
        Image.fromarray((127.5 * (sheet + 1)).round().astype(np.uint8)).save(path)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", "-i", type=Path, help="folder of NAME.png and NAME.jpg; without, houses are made up")
    add("--size", type=int, default=32, help="side of the pictures, a power of two (default: %(default)s)")
    add("--width", "-w", type=int, default=16, help="channels of the first layer (default: %(default)s)")
    add("--batchsize", "-b", type=int, default=4, help="pictures a step (default: %(default)s)")
    add("--epoch", "-e", type=int, default=50, help="passes over the data (default: %(default)s)")
    add("--lam", type=float, default=100.0, help="weight of the mean absolute error (default: %(default)s)")
    add("--device", "-d", default="-1", help="'-1' for the CPU, '0' for the first GPU (default: %(default)s)")
    add("--out", "-o", default="result", help="folder of the results (default: %(default)s)")
    add("--resume", "-r", help="go on from this snapshot")
    add("--test", action="store_true", help="3 epochs")
    add("--seed", type=int, default=0, help="where random numbers begin (default: %(default)s)")
    args = parser.parse_args()
    if args.test:
        args.epoch = 3
    return args


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()

    houses = read_facades(args.dataset, args.size) if args.dataset else make_facades(250, args.size, args.seed)
    n_held_out = max(1, len(houses) // 5)
    held_out, learnt = houses[:n_held_out], houses[n_held_out:]
    depth = min(8, args.size.bit_length() - 2)  # to 2 x 2 pixels
    gen = UNet(3, args.width, depth).to_device(device)
    dis = Discriminator(args.width).to_device(device)

    optimizers = {}
    for name, model in (("gen", gen), ("dis", dis)):
        optimizers[name] = chainer.optimizers.Adam(alpha=0.0005, beta1=0.5).setup(model)
        optimizers[name].add_hook(chainer.optimizer_hooks.WeightDecay(0.00001))
    iterator = chainer.iterators.SerialIterator(learnt, args.batchsize)
    updater = FacadeUpdater(lam=args.lam, iterator=iterator, optimizer=optimizers, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(Gallery(gen, held_out))
    trainer.extend(extensions.LogReport())
    names = ["gen/loss", "gen/l1", "dis/loss", "validation/l1"]
    trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.extend(extensions.ProgressBar(update_interval=10))
    trainer.extend(extensions.snapshot(n_retains=2), trigger=(max(1, args.epoch // 5), "epoch"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
