"""A sheet of the images that a classifier got wrong."""

from __future__ import annotations

import os

import chainer
import numpy as np


def predict(model: chainer.Link, images: np.ndarray, device: chainer.backend.Device, batchsize: int) -> np.ndarray:
    """Class of each image. Shape ``(N,)``."""
    classes = []
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        for start in range(0, len(images), batchsize):
            y = model(device.send(images[start : start + batchsize]))
            classes.append(chainer.backend.CpuDevice().send(y.array).argmax(axis=1))
    return np.concatenate(classes)


def save_sheet(
    path: str | os.PathLike[str], images: np.ndarray, truth: np.ndarray, prediction: np.ndarray, at_most: int = 60
) -> int:
    """Draws the images whose prediction differs from the truth, each with both.

    Args:
        path: Where to save the picture.
        images: Gray images. Shape ``(N, H, W)``.
        truth: Their classes. Shape ``(N,)``.
        prediction: The predicted classes. Shape ``(N,)``.
        at_most: How many images to draw.

    Returns:
        The number of wrong predictions.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    wrong = np.flatnonzero(truth != prediction)
    shown = wrong[:at_most]
    n_columns = min(10, max(len(shown), 1))
    n_rows = max(1, -(-len(shown) // n_columns))
    figure = Figure(figsize=(max(1.1 * n_columns, 4), 1.35 * n_rows + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    title = f"{len(wrong)} of {len(truth)} wrong"
    figure.suptitle(title if len(shown) == len(wrong) else f"{title}, the first {len(shown)} of them")
    for i, index in enumerate(shown):
        axes = figure.add_subplot(n_rows, n_columns, i + 1)
        axes.imshow(images[index], cmap="gray_r")
        axes.set_title(f"{prediction[index]}, not {truth[index]}", fontsize="small")
        axes.set_axis_off()
    figure.savefig(path, dpi=110)
    return len(wrong)
