"""What ranks tell each other before a collective operation, so that a mistake is an error rather than a hang.

Every collective begins with the same small exchange, whatever follows it. So ranks that call different operations, or
the same one with other shapes, meet here, and all of them learn who does what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from chainermn.errors import CommunicationError

if TYPE_CHECKING:
    from mpi4py import MPI

    from chainermn._supervisor import Operation, Supervisor

_COMMON = 192  # bytes
_OWN = 320


def meet(
    mpi_comm: MPI.Intracomm, supervisor: Supervisor, operation: Operation, common: str, own: str = ""
) -> list[str]:
    """Waits for all ranks of a communicator and compares what they are about to do.

    Args:
        common: What has to be the same on all ranks.
        own: What may differ.

    Returns:
        ``own`` of each rank.

    Raises:
        CommunicationError: Ranks differ, or one does not come. All ranks raise.
        ValueError: ``own`` is too long, for an array of very many axes.
    """
    if mpi_comm.size == 1:
        return [own]
    mine = numpy.zeros(_COMMON + _OWN, numpy.uint8)
    _put(mine[:_COMMON], common.encode()[:_COMMON])
    own_bytes = own.encode()
    if len(own_bytes) > _OWN:
        raise ValueError(f"the description of the arrays must fit into {_OWN} bytes, got {own!r}")
    _put(mine[_COMMON:], own_bytes)
    everyone = numpy.empty((mpi_comm.size, mine.size), numpy.uint8)
    supervisor.wait(mpi_comm.Iallgather(mine, everyone), operation)
    if not (everyone[:, :_COMMON] == mine[:_COMMON]).all():
        raise supervisor.in_turn(_disagreement([_get(row[:_COMMON]) for row in everyone], operation))
    return [_get(row[_COMMON:]) for row in everyone]


def _put(field: numpy.ndarray, text: bytes) -> None:
    field[: len(text)] = numpy.frombuffer(text, numpy.uint8)


def _get(field: numpy.ndarray) -> str:
    return field.tobytes().rstrip(b"\0").decode(errors="replace")


def _disagreement(texts: list[str], operation: Operation) -> CommunicationError:
    ranks: dict[str, list[int]] = {}
    for rank, text in zip(operation.ranks, texts, strict=True):
        ranks.setdefault(text, []).append(rank)
    calls = ", ".join(
        f"rank{'s' if len(who) > 1 else ''} {', '.join(map(str, who))} call{'s' if len(who) == 1 else ''} {text}"
        for text, who in ranks.items()
    )
    where = f"operation {operation.number} of {operation.channel}"
    if operation.step is not None:
        where = f"step {operation.step}, {where}"
    return CommunicationError(
        f"all ranks must call the same operation, but {calls} ({where})", speaker=min(operation.ranks)
    )
