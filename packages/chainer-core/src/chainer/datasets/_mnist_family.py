"""Data sets that come in the four files of MNIST."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy

from chainer.dataset import download
from chainer.datasets._idx import read_idx_gz
from chainer.datasets._preprocess import preprocess_images


@dataclass(frozen=True, slots=True)
class MnistFamily:
    """One of the data sets.

    Args:
        directory: Its folder among the data sets.
        url: Address under which its files were published.
        name: For messages.
    """

    directory: str
    url: str
    name: str

    def load(self, **options: Any) -> tuple[Any, Any]:
        """Training and test set, downloaded on first use; ``options`` are those of :func:`preprocess_images`."""
        train, test = self._retrieve("train.npz", "train"), self._retrieve("test.npz", "t10k")
        return (
            preprocess_images(train["x"], train["y"], (1, 28, 28), name=self.name, **options),
            preprocess_images(test["x"], test["y"], (1, 28, 28), name=self.name, **options),
        )

    def _retrieve(self, file_name: str, part: str) -> dict[str, numpy.ndarray]:
        path = os.path.join(download.get_dataset_directory(self.directory), file_name)

        def create(path: str) -> dict[str, numpy.ndarray]:
            x = read_idx_gz(download.cached_download(f"{self.url}{part}-images-idx3-ubyte.gz"), 3)
            y = read_idx_gz(download.cached_download(f"{self.url}{part}-labels-idx1-ubyte.gz"), 1)
            if len(x) != len(y):
                raise ValueError(f"{self.name} has {len(x)} images and {len(y)} labels in its part {part!r}")
            arrays = {"x": x.reshape(len(x), -1), "y": y}
            numpy.savez_compressed(path, **arrays)  # type: ignore[arg-type]
            return arrays

        return download.cache_or_load_file(path, create, load_arrays)


def load_arrays(path: str) -> dict[str, numpy.ndarray]:
    """All arrays of an ``.npz`` file; refuses pickled objects."""
    with numpy.load(path, allow_pickle=False) as file:
        return dict(file)
