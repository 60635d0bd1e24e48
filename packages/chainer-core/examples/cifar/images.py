"""Sets of small coloured images."""

from __future__ import annotations

from typing import Any

import chainer
import chainer.functions as F
import numpy as np


def get_enlarged_digits() -> tuple[Any, Any]:
    """The digits that come with Chainer, scaled from 8 x 8 gray pixels to the 32 x 32 coloured ones of CIFAR."""

    def enlarge(digits: Any) -> chainer.datasets.TupleDataset:
        x, t = chainer.dataset.concat_examples(digits[:])
        x = F.resize_images(x, (32, 32)).array
        return chainer.datasets.TupleDataset(np.repeat(x, 3, axis=1), t)

    train, test = chainer.datasets.get_digits(ndim=3)
    return enlarge(train), enlarge(test)


DATASETS = {
    "digits": (get_enlarged_digits, 10),
    "cifar10": (chainer.datasets.get_cifar10, 10),
    "cifar100": (chainer.datasets.get_cifar100, 100),
}
