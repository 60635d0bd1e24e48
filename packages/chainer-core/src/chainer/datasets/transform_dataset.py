"""A dataset seen through a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.dataset.dataset_mixin import DatasetMixin


class TransformDataset(DatasetMixin):
    """Applies a function to each example when it is read.

    Args:
        dataset: The dataset under it.
        transform: Takes an example and returns another.

    Example:
        >>> from chainer.datasets import TransformDataset
        >>> TransformDataset([1, 2, 3], lambda x: 10 * x)[1:]
        [20, 30]
    """

    def __init__(self, dataset: Any, transform: Callable[[Any], Any]) -> None:
        self._dataset = dataset
        self._transform = transform

    def __len__(self) -> int:
        return len(self._dataset)

    def get_example(self, i: Any) -> Any:
        return self._transform(self._dataset[i])
