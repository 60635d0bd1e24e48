"""Where published weights are kept, and how they get there."""

from __future__ import annotations

import os
from typing import Any

from chainer.dataset.download import cache_or_load_file, cached_download, get_dataset_directory
from chainer.serializers.npz import load_npz, save_npz

FOLDER = "pfnet/chainer/models"


def load_published(model: Any, name: str, source: str) -> None:
    """Fills a model with published weights.

    They are read from ``<name>.npz`` in ``pfnet/chainer/models`` under the dataset root. If that file is not there, it
    is made from ``<name>.caffemodel``, which is downloaded if ``source`` is the address of a file.

    Args:
        model: An image classifier.
        name: Name of the file without ending.
        source: Address of the caffemodel, or of a page that tells where it is.

    Raises:
        OSError: Neither file is there, nor can one be had.
    """
    folder = get_dataset_directory(FOLDER)
    path_npz = os.path.join(folder, f"{name}.npz")
    path_caffemodel = os.path.join(folder, f"{name}.caffemodel")

    def convert(path: str) -> None:
        found = path_caffemodel if os.path.exists(path_caffemodel) else _download(source, path_npz, path_caffemodel)
        model._copy_from_caffemodel(found)
        save_npz(path, model, compression=False)

    cache_or_load_file(path_npz, convert, lambda path: load_npz(path, model))


def _download(source: str, path_npz: str, path_caffemodel: str) -> str:
    hint = f"place the weights in {path_npz}, or the caffemodel of {source} in {path_caffemodel}"
    if not source.endswith(".caffemodel"):
        raise OSError(f"the published weights are not there and cannot be downloaded by a program: {hint}")
    try:
        return cached_download(source)
    except OSError as error:
        raise OSError(f"the published weights are not there and could not be downloaded ({error}): {hint}") from error
