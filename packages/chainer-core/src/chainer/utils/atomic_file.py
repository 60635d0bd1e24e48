"""Files that are either complete or not there."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Context manager that replaces the file ``path`` as a whole or not at all.

    The block writes, by whatever means it likes, the file whose name it is handed: an empty, hidden file in the
    directory of ``path``. When the block ends, that file is flushed to the disk and renamed to ``path`` in one step. If
    the block raises, it is removed and ``path`` stays as it was; if the process is killed or the machine stops,
    ``path`` holds the old or the new content, never a part of it (a hidden ``*.tmp`` may stay beside it).

    A symbolic link is followed, the mode of an existing file is kept, and what is no regular file (``/dev/null``, a
    pipe) is handed out as it is.

    Args:
        path: The file to create or to replace.
    Yields:
        The file to write.
    Raises:
        OSError: ``path`` or its directory cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> from chainer.utils.atomic_file import replacing
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     target = pathlib.Path(folder, "answer.txt")
        ...     with replacing(target) as unfinished:
        ...         _ = unfinished.write_text("42")
        ...     target.read_text()
        '42'
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    if target.exists() and not os.access(target, os.W_OK):
        # Renaming asks the directory alone, but whoever made a file read-only wants to keep it.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    unfinished = _create_beside(target)
    try:
        yield unfinished
        if target.exists():
            shutil.copymode(target, unfinished)
        _flush_to_disk(unfinished)
        os.replace(unfinished, target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _flush_directory(target.parent)


def _create_beside(target: Path) -> Path:
    # The name is cut because file systems limit it to 255 bytes.
    unfinished = target.with_name(f".{target.name[:40]}.{os.urandom(4).hex()}.tmp")
    try:
        # Unlike tempfile's 0600, this gives a new file the mode that open() would.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(target)) from error
    return unfinished


def _flush_to_disk(path: Path) -> None:
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _flush_directory(directory: Path) -> None:
    # Makes the rename itself durable. Some systems and network drives know no such thing; the content is safe by then.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
