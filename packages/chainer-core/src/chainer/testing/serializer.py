"""Round trips through files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from chainer import utils
from chainer.serializers import load_hdf5, load_npz, save_hdf5, save_npz


def save_and_load(
    src: Any, dst: Any, filename: str, saver: Callable[[str, Any], Any], loader: Callable[[str, Any], Any]
) -> None:
    """Saves one object and loads another from what was saved.

    Args:
        src: Object to save.
        dst: Object to load.
        filename: Name of the file, which lives in a temporary directory.
        saver: Takes a path and ``src``.
        loader: Takes a path and ``dst``.
    """
    with utils.tempdir() as directory:
        path = os.path.join(directory, filename)
        saver(path, src)
        loader(path, dst)


def save_and_load_npz(src: Any, dst: Any) -> None:
    """:func:`save_and_load` in the NPZ format."""
    save_and_load(src, dst, "tmp.npz", save_npz, load_npz)


def save_and_load_hdf5(src: Any, dst: Any) -> None:
    """:func:`save_and_load` in the HDF5 format."""
    save_and_load(src, dst, "tmp.h5", save_hdf5, load_hdf5)
