"""An error that nobody catches ends the whole job, not one rank of it."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from chainermn._mpi import get_mpi
from chainermn._supervisor import describe_latest, end_job, end_job_by
from chainermn.errors import CommunicationError


def add_hook() -> None:
    """Lets an uncaught exception on any rank end all ranks, with a message that names it.

    Without it, a rank that raises leaves the others waiting. A communicator of more than one process adds it by
    itself; the environment variable ``CHAINERMN_FORCE_ABORT_ON_EXCEPTIONS`` adds it when the package is imported,
    for errors that come before the first communicator.

    Example:
        >>> import chainermn
        >>> chainermn.global_except_hook.add_hook()  # doctest: +SKIP
    """
    # All processes have to be in MPI before one of them can end the others.
    get_mpi()
    if sys.excepthook is not _end_all_ranks:
        sys.excepthook = _end_all_ranks


def _end_all_ranks(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    world = get_mpi().COMM_WORLD
    if world.size == 1:
        sys.__excepthook__(kind, error, tb)
        return
    if isinstance(error, CommunicationError):
        end_job_by(error)
    else:
        traceback.print_exception(kind, error, tb)
        end_job(
            f"rank {world.rank} of {world.size} stopped with {kind.__name__}: {error}, {describe_latest()}; "
            "all ranks are ended"
        )
