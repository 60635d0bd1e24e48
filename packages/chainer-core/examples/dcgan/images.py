"""The real images."""

from __future__ import annotations

from pathlib import Path

import chainer
import numpy as np
from PIL import Image


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
        raise ValueError(f"there is no .jpg or .png in {name}")
    images = [np.asarray(Image.open(path).convert("RGB").resize((size, size))) for path in paths]
    return np.stack(images).transpose(0, 3, 1, 2).astype(np.float32) / 255
