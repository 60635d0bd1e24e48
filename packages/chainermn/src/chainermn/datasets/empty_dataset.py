"""For ranks that get their input from other ranks."""

from __future__ import annotations

from typing import Any

from chainer.datasets import TransformDataset


def create_empty_dataset(dataset: Any) -> TransformDataset:
    """A dataset as long as another, whose examples are empty tuples.

    In model parallelism a rank that receives its input from another still has to iterate as long as that one does.

    Args:
        dataset: The other.

    Example:
        >>> from chainermn.datasets import create_empty_dataset
        >>> create_empty_dataset([10, 20, 30])[:]
        [(), (), ()]
    """
    return TransformDataset(dataset, _empty)


def _empty(_: Any) -> tuple[()]:
    return ()
