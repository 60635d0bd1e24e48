"""What a benchmark is: one piece of work, told once per framework.

Imported by the workers, so this file runs on Python 3.7, as do all files of ``work/`` and ``worker/``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Step = Callable[[], Sequence[object]]
    Steps = Mapping[str, Step]

SIMPLE = "eager"
"""Name of the variant of a framework that has only one."""


class Workload(ABC):
    """The same shapes and the same seeded numbers in every framework.

    :meth:`chainer` and :meth:`torch` return the ways in which that framework can do one step, by the name of the
    variant; a peer is judged by its best. A step returns what it computed (variables, tensors or arrays), so that
    a run can check that all do the same work.
    """

    name: str
    """The name of its file, or ``file/case`` where a file has several."""

    summary: str
    """One line for ``--list``."""

    unit = "s"
    """What is measured: ``"s"``, seconds per operation, or ``"B"``, bytes of memory at the peak of a step."""

    operations = 1
    """Operations in a step."""

    rounds = 15
    """Measurements of each peer, where the command is not told otherwise; fewer for steps of seconds."""

    ranks = 1
    """Processes that take a step together, started by mpiexec; the time is that of the first."""

    peers: Sequence[str] | None = None
    """Names of the peers that can take part; ``None`` for all."""

    aim: float | None = None
    """The ratio to the best peer that we want, where we have set ourselves one."""

    def small(self) -> Workload:
        """Return the same on less data, where the whole is too much for a look at its numbers."""
        return self

    @abstractmethod
    def chainer(self) -> Steps:
        """Build the model and return its steps, in the dialect shared by this tree and the last release."""

    @abstractmethod
    def torch(self) -> Steps:
        """Build the model and return its steps, in PyTorch eager."""
