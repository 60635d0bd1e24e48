"""The snapshots in a directory: which there are, which are complete, which are old."""

from __future__ import annotations

import contextlib
import os
import re
import string
import zipfile
from pathlib import Path

_COUNTERS = ("iteration", "epoch", "epoch_detail")
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def find(filename: str, outdir: str | os.PathLike[str]) -> list[Path]:
    """Files whose names a format string may have made, the newest first.

    Args:
        filename: Format string of the trainer, such as ``'snapshot_iter_{.updater.iteration}'``.
        outdir: Where to look.
    """
    directory = Path(outdir, os.path.dirname(filename))
    pattern = _pattern(os.path.basename(filename))
    if not directory.is_dir():
        return []
    files = [path for path in directory.iterdir() if pattern.fullmatch(path.name) and path.is_file()]
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, _numbers(path.name)), reverse=True)


def _pattern(filename: str) -> re.Pattern[str]:
    parts = []
    for literal, field, _, _ in string.Formatter().parse(filename):
        parts.append(re.escape(literal))
        if field is not None:
            # A counter is a number: snapshot_iter_100_keep is not one of ours to delete.
            parts.append(r"\s*[\d.]+\s*" if field.rpartition(".")[2] in _COUNTERS else ".+")
    return re.compile("".join(parts))


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", name)]


def defect(path: Path) -> str | None:
    """Why a file cannot be loaded, as far as one can tell without loading it; ``None`` if it can."""
    if path.stat().st_size == 0:
        return "it is empty"
    if is_hdf5(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        return str(error)
    return None if damaged is None else f"{damaged} is damaged"


def is_hdf5(path: Path) -> bool:
    """Whether a file is of the format HDF5."""
    with open(path, "rb") as file:
        return file.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE


def remove_stale(filename: str, outdir: str | os.PathLike[str], n_retains: int) -> None:
    """Removes all but the newest snapshots, and never the last one that is complete.

    Args:
        filename: Format string of the trainer.
        outdir: Where to look.
        n_retains: How many to keep.
    """
    files = find(filename, outdir)
    retained, stale = files[:n_retains], files[n_retains:]
    if not any(_looks_complete(path) for path in retained):
        last_complete = next(filter(_looks_complete, stale), None)
        stale = [path for path in stale if path != last_complete]
    for path in stale:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _looks_complete(path: Path) -> bool:
    """Quick: a torn zip archive lacks its end. Of another format, that of a ``savefun``, only emptiness is known."""
    with open(path, "rb") as file:
        start = file.read(2)
    return zipfile.is_zipfile(path) if start == b"PK" else bool(start)
