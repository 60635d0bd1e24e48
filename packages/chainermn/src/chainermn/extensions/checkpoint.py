"""Checkpoints of all ranks, from which they resume together."""

from __future__ import annotations

import contextlib
import os
import re
import time
import zipfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy
from chainer import Serializer
from chainer.serializers import load_npz, save_npz
from chainer.training import Extension

from chainermn._sharded_optimizer import ShardedOptimizer
from chainermn._wrapper import Wrapper
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from chainer.training import Trainer


def create_multi_node_checkpointer(
    name: str, comm: MpiCommunicatorBase, cp_interval: int = 5, gc_interval: int = 5, path: str | None = None
) -> _MultiNodeCheckpointer:
    """Extension that saves the trainer of each rank, so that a job which was ended can go on.

    Call ``maybe_load`` of the result before training: it resumes from the newest iteration of which every rank has a
    complete file, or does nothing if there is none. Files are ``{name}.{rank}.{iteration}``. When training has come
    to its end they are deleted: they are there for going on, not for keeping a model.

    A checkpoint of as many ranks as there are now resumes exactly. One of another number of ranks resumes models,
    optimizers, iteration and epoch, also if the states of the optimizer are sharded; the data is scattered anew, so the
    epoch begins again, and gradients that were being accumulated are dropped.

    Args:
        name: First part of the files' names.
        comm: The ranks.
        cp_interval: How many checkpoints to keep.
        gc_interval: After how many checkpoints to delete older ones.
        path: Directory of the files; ``None`` is the trainer's ``out``. Ranks may have different disks, as long as
            their number stays the same.

    Example:
        >>> import chainermn
        >>> comm = chainermn.create_communicator("naive")
        >>> checkpointer = chainermn.create_multi_node_checkpointer("example", comm)
        >>> # checkpointer.maybe_load(trainer); trainer.extend(checkpointer, trigger=(1000, "iteration"))
    """
    return _MultiNodeCheckpointer(name, comm, cp_interval, gc_interval, path)


class _MultiNodeCheckpointer(Extension):
    """The extension behind :func:`create_multi_node_checkpointer`.

    Attributes:
        name: As given; so are ``comm``, ``cp_interval``, ``gc_interval`` and ``path``.
        files: Names of the files of this rank that have not been deleted.
    """

    trigger = (1, "iteration")
    priority = -200  # after everything else of the iteration, snapshots included

    def __init__(
        self, name: str, comm: MpiCommunicatorBase, cp_interval: int, gc_interval: int, path: str | None
    ) -> None:
        for argument, value in (("cp_interval", cp_interval), ("gc_interval", gc_interval)):
            if value < 1:
                raise ValueError(f"{argument} must be at least 1, got {value}")
        if not re.fullmatch(r"[\w-]+", name):
            raise ValueError(f"name must consist of letters, digits, - and _, got {name!r}")
        self.name: str = name
        self._stem = name  # of the files: a trainer may give the extension another name
        self.comm = comm
        self.cp_interval = cp_interval
        self.gc_interval = gc_interval
        self.path = path
        self.files: list[str] = []
        self._seconds: list[float] = []
        self._has_failed = False

    def initialize(self, trainer: Trainer) -> None:
        """Makes the directory."""
        self.path = os.fspath(trainer.out) if self.path is None else self.path
        os.makedirs(self.path, exist_ok=True)

    def __call__(self, trainer: Trainer) -> None:
        """Saves the trainer."""
        if self.path is None:
            self.initialize(trainer)
        self.save(trainer, trainer.updater.iteration)

    def save(self, target: Any, iteration: int) -> None:
        """Saves a target as the checkpoint of an iteration; called by all ranks.

        Args:
            target: Anything with a ``serialize`` method.
            iteration: Goes into the name of the file.
        """
        start = time.perf_counter()
        filename = self._filename(iteration)
        save_npz(self._directory() / filename, _Checkpoint(target, self.comm.size), compression=False)
        if filename not in self.files:
            self.files.append(filename)
        self._seconds.append(time.perf_counter() - start)
        if len(self._seconds) % self.gc_interval == 0:
            # Only when all ranks have written the newest may the older ones go.
            self.comm.allgather_obj(None)
            self._delete(self.files[: -self.cp_interval])

    def maybe_load(self, trainer: Any, optimizer: Any = None, path: str | None = None) -> None:
        """Resumes from the newest checkpoint that is complete on all ranks; called by all of them.

        Args:
            trainer: The trainer, fresh.
            optimizer: Multi-node optimizer that does not belong to the updater of the trainer: those that do are found.
            path: Directory to look in; ``None`` is that of this extension, or the trainer's ``out``.
        """
        directory = Path(path or self.path or trainer.out)
        found = _complete(directory, self._stem)
        iteration, n_ranks = _newest(self.comm.allgather_obj(found))
        if iteration is None:
            return
        source = directory / f"{self._stem}.{self.comm.rank % n_ranks}.{iteration}"
        optimizers = [optimizer, *trainer.updater.get_all_optimizers().values()]
        if n_ranks == self.comm.size:
            load_npz(source, _Checkpoint(trainer, n_ranks))
            self.files = [self._filename(i) for i in sorted(i for i, rank in found if rank == self.comm.rank)]
        else:
            with contextlib.ExitStack() as stack:
                names = [f"{self._stem}.{rank}.{iteration}" for rank in range(n_ranks)]
                files = [stack.enter_context(numpy.load(directory / name)) for name in names]
                for each in optimizers:
                    if isinstance(each, ShardedOptimizer):
                        stack.enter_context(each.joining(files))
                load_npz(source, _Checkpoint(trainer, n_ranks), ignore_names=_is_of_one_rank)
        for each in optimizers:
            if isinstance(each, Wrapper):
                each.assume_distributed()  # or its first update would do nothing but distribute parameters

    def get_stats(self) -> dict[str, float]:
        """Number of checkpoints written and the mean seconds that one took."""
        n = len(self._seconds)
        return {"len": n, "mean_seconds": sum(self._seconds) / n if n else 0.0}

    def on_error(self, trainer: Trainer, exc: Exception, tb: TracebackType | None) -> None:
        """Training has failed: keeps the files."""
        self._has_failed = True

    def on_interrupt(self, trainer: Trainer) -> None:
        """Training is interrupted: keeps the files."""
        self._has_failed = True

    def finalize(self) -> None:
        """Deletes the files if training has come to its end."""
        if not self._has_failed and self.path is not None:
            self._delete(list(self.files))

    def _directory(self) -> Path:
        if self.path is None:
            raise RuntimeError("the checkpointer has no directory yet: pass path, or extend a trainer with it")
        return Path(self.path)

    def _delete(self, names: list[str]) -> None:
        for name in names:
            (self._directory() / name).unlink(missing_ok=True)
            self.files.remove(name)

    def _filename(self, iteration: int) -> str:
        return f"{self._stem}.{self.comm.rank}.{iteration}"


class _Checkpoint:
    """A target together with the number of ranks that saved it."""

    def __init__(self, target: Any, n_ranks: int) -> None:
        self.target = target
        self.n_ranks = n_ranks

    def serialize(self, serializer: Any) -> None:
        self.target.serialize(serializer)
        if isinstance(serializer, Serializer):  # files of the last release have no such entry
            serializer("n_ranks", self.n_ranks)


def _complete(directory: Path, name: str) -> dict[tuple[int, int], int]:
    """Number of ranks of each complete file, by iteration and rank. 0 stands for one that the file does not tell."""
    found = {}
    for path in directory.glob(f"{name}.*.*"):
        match = re.fullmatch(rf"{re.escape(name)}\.(\d+)\.(\d+)", path.name)
        if match is not None and (n_ranks := _n_ranks(path)) is not None:
            found[int(match[2]), int(match[1])] = n_ranks
    return found


def _n_ranks(path: Path) -> int | None:
    """How many ranks saved a checkpoint; ``None`` if the file is torn."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
            if "n_ranks.npy" not in archive.namelist():
                return 0
            with archive.open("n_ranks.npy") as member:
                return int(numpy.lib.format.read_array(member))
    except (OSError, zipfile.BadZipFile, ValueError):
        return None


def _newest(by_rank: list[dict[tuple[int, int], int]]) -> tuple[int | None, int]:
    """The newest iteration from which all ranks can resume, and how many ranks saved it."""
    size = len(by_rank)
    for iteration in sorted({i for found in by_rank for i, _ in found}, reverse=True):
        if all(
            (iteration, rank) in found and found[iteration, rank] in (0, size) for rank, found in enumerate(by_rank)
        ):
            return iteration, size
        # Another number of ranks saved it: then every rank has to see all of their files.
        numbers = {n for found in by_rank for (i, _), n in found.items() if i == iteration}
        if len(numbers) == 1 and (n := numbers.pop()) not in (0, size):
            if all((iteration, rank) in found for found in by_rank for rank in range(n)):
                return iteration, n
    return None, 0


def _is_of_one_rank(name: str) -> bool:
    """Whether an entry is of no use when the data has been cut differently: where an iterator was, or half a step."""
    if name.startswith("updater/iterator:"):
        return not name.endswith("/epoch")
    return name.startswith("updater/optimizer:") and name.endswith("/n_accumulated")
