"""What the generator draws, epoch by epoch."""

from __future__ import annotations

from pathlib import Path

import chainer
import numpy as np
from chainer import training
from net import Generator
from PIL import Image


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
