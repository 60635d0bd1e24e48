"""Command lines of scripts that a launcher starts many times."""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING, NoReturn

from chainermn._mpi import launched_rank

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# Seconds until the launcher has ended the job because the first process has exited with an error.
_FIRST_SPEAKS = 10.0


class ArgumentParser(argparse.ArgumentParser):
    """:class:`argparse.ArgumentParser` for a script under ``mpiexec``: help and errors are printed once.

    All processes of a job read the same command line, so each would print the same. Here the first one prints, and
    all exit with the status of :mod:`argparse`: 0 after help, 2 after an error. A process other than the first that
    finds an error gives the first one 10 seconds to print it and the launcher to end the job, and then speaks for
    itself: perhaps only this process has the error, because its arguments are others or its machine lacks a file.

    The place of the process is what the launcher says, so MPI is not needed. Arguments are those of
    :class:`argparse.ArgumentParser`.

    Example:
        >>> import chainermn
        >>> parser = chainermn.ArgumentParser()
        >>> _ = parser.add_argument("--epoch", type=int, default=20)
        >>> parser.parse_args(["--epoch", "3"]).epoch
        3
    """

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Prints the help on the first process, nothing on others."""
        if launched_rank(os.environ) == 0:
            super().print_help(file)

    def error(self, message: str) -> NoReturn:
        """Prints usage and message, and exits with status 2; the first process does so before the others."""
        if launched_rank(os.environ) > 0:
            time.sleep(_FIRST_SPEAKS)
        super().error(message)
