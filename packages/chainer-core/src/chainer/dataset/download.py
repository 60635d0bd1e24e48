"""Where data sets live on this machine, and how they get there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainer.dataset import _sources
from chainer.dataset._download_error import DownloadError
from chainer.dataset._sources import get_mirrors, set_mirrors

if TYPE_CHECKING:
    import filelock

__all__ = [
    "DownloadError",
    "cache_or_load_file",
    "cached_download",
    "get_dataset_directory",
    "get_dataset_root",
    "get_mirrors",
    "set_dataset_root",
    "set_mirrors",
]

_dataset_root = os.environ.get("CHAINER_DATASET_ROOT", os.path.join(os.path.expanduser("~"), ".chainer", "dataset"))


def get_dataset_root() -> str:
    """The folder under which data sets are kept.

    It is ``$CHAINER_DATASET_ROOT`` or, if that is not set, ``~/.chainer/dataset``.
    """
    return _dataset_root


def set_dataset_root(path: str | os.PathLike[str]) -> None:
    """Keeps data sets under another folder from now on; it is made when something is put there.

    Args:
        path: The folder.
    """
    global _dataset_root
    _dataset_root = os.fspath(path)


def get_dataset_directory(dataset_name: str, create_directory: bool = True) -> str:
    """The folder of one data set under :func:`get_dataset_root`.

    Args:
        dataset_name: Name, in which slashes make folders inside folders.
        create_directory: Make the folder if it is not there.
    """
    path = os.path.join(_dataset_root, dataset_name)
    if create_directory:
        os.makedirs(path, exist_ok=True)
    return path


def cached_download(url: str) -> str:
    """Downloads a file unless it is there already.

    The mirrors of the file (:func:`set_mirrors`) are tried in order. A transfer that broke off is resumed where
    the server allows it, the content is compared with the known digest, and only a complete file gets its name.
    Of several processes that want the same file, one downloads it and the others wait.

    Args:
        url: Address under which the file was published.

    Returns:
        Path of the file.

    Raises:
        DownloadError: No address has the file; the message tells where to place it by hand.
    """
    cache = Path(_dataset_root, "_dl_cache")
    # The name of a cached file is the md5 of its address, in this version and in those before it.
    path = cache / hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()
    if not path.exists():
        _make_folder(cache)
        with _lock(Path(f"{path}.lock")):
            if not path.exists():
                from chainer.dataset import _transfer  # imports http and urllib, which takes a while

                _transfer.fetch(url, get_mirrors(url), path, _sources.get_digest(url))
    return str(path)


def cache_or_load_file(path: str, creator: Callable[[str], Any], loader: Callable[[str], Any]) -> Any:
    """Makes a file on the first call and loads it on later ones.

    Of several processes, one makes the file and the others wait. It gets its name only when it is complete.

    Args:
        path: The file; its folder must exist.
        creator: Given a path, writes the file there and returns what the caller wants.
        loader: Given a path, reads the file and returns the same.

    Returns:
        What ``creator`` or ``loader`` returned.
    """
    target = Path(path)
    if target.exists():
        return loader(path)
    with _lock(target.with_name(f".{target.name}.lock")):
        if target.exists():
            return loader(path)
        # A folder in the same file system, so that the file can be renamed; with the same file name, since
        # numpy.savez and others look at its ending.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            unfinished = os.path.join(folder, target.name)
            content = creator(unfinished)
            os.replace(unfinished, target)
        return content


def _lock(path: Path) -> filelock.BaseFileLock:
    """Of several processes, lets one at a time into the block."""
    import filelock

    return filelock.FileLock(path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            error.errno,
            f"cannot make the folder of data sets ({error.strerror}); set CHAINER_DATASET_ROOT to one that is writable",
            str(folder),
        ) from error
