"""Images as networks see them."""

from __future__ import annotations

import chainer
import numpy as np


class PreprocessedDataset(chainer.dataset.DatasetMixin):
    """Crops and mirrors the images of a set, and takes the mean from them.

    Args:
        path: File of lines of a path and a label.
        root: Folder that paths begin in.
        mean: Mean image. Shape ``(3, H, W)``.
        crop_size: Height and width of the crops.
        is_random: Whether crops are anywhere, half of them mirrored, or in the middle.
    """

    def __init__(self, path: str, root: str, mean: np.ndarray, crop_size: int, is_random: bool = True) -> None:
        self.base = chainer.datasets.LabeledImageDataset(path, root)
        self.mean, self.crop_size, self.is_random = mean, crop_size, is_random

    def __len__(self) -> int:
        return len(self.base)

    def get_example(self, i: int) -> tuple[np.ndarray, np.int32]:
        image, label = self.base[i]
        _, height, width = image.shape
        size = self.crop_size
        if self.is_random:
            top, left = np.random.randint(height - size + 1), np.random.randint(width - size + 1)
        else:
            top, left = (height - size) // 2, (width - size) // 2
        here = slice(None), slice(top, top + size), slice(left, left + size)
        image = (image[here] - self.mean[here]) / 255  # to about -0.5 to 0.5
        if self.is_random and np.random.randint(2):
            image = image[:, :, ::-1]
        return image, label
