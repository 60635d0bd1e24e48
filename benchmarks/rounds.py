"""Interleaved rounds: all peers are measured in turn, again and again.

The speed of a machine drifts by tens of percent within a minute, through its clock and its other tenants. Values that
were taken within the same round share that drift, so that it cancels in their ratio.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.connection import Worker, WorkerFailure
from benchmarks.measurement import Measurement
from benchmarks.peers import Peer
from benchmarks.workload import Workload


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure."""

    rounds: int | None
    """``None``: as many as each workload says."""
    threads: int
    seconds: float
    """The least time of the inner loop of one measurement."""
    on_hosts: bool = False
    """Whether ranks are on two hosts; see `benchmarks.connection.Worker`."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One variant of one peer, and how to take its value once."""

    peer: str
    variant: str
    take: Callable[[], float]


def measure(workload: Workload, peers: Sequence[Peer], plan: Plan) -> Measurement:
    """Measure a workload in all peers; one that fails is reported in the result, and does not stop the others."""
    result = Measurement(workload.name, workload.unit, workload.aim)
    enlist = _timed if workload.unit == "s" else _weighed
    with contextlib.ExitStack() as stack:
        contenders: list[Contender] = []
        for peer in peers:
            try:
                contenders += enlist(workload, peer, plan, stack)
            except WorkerFailure as error:
                result.failures[peer.name] = str(error)
        for number in range(plan.rounds or workload.rounds):
            # Each round starts with another contender, so that none always comes after the same neighbour.
            turn = number % len(contenders) if contenders else 0
            for contender in contenders[turn:] + contenders[:turn]:
                if contender.peer not in result.failures:
                    _take(contender, result)
    for peer_name in result.failures:
        result.rounds.pop(peer_name, None)
    return result


def _take(contender: Contender, result: Measurement) -> None:
    try:
        value = contender.take()
    except WorkerFailure as error:
        result.failures[contender.peer] = str(error)
    else:
        result.rounds.setdefault(contender.peer, {}).setdefault(contender.variant, []).append(value)


def _timed(workload: Workload, peer: Peer, plan: Plan, stack: contextlib.ExitStack) -> list[Contender]:
    """One process a peer, warm through all rounds, waiting while others are measured."""
    worker = stack.enter_context(Worker(peer, plan.threads, workload.ranks, plan.on_hosts))
    worker.ask("facts")
    variants = worker.ask("prepare", case=workload.name)
    loops = {variant: worker.ask("calibrate", variant=variant, seconds=plan.seconds) for variant in variants}

    def stopwatch(variant: str) -> Callable[[], float]:
        return lambda: worker.ask("measure", variant=variant, loops=loops[variant])

    return [Contender(peer.name, variant, stopwatch(variant)) for variant in variants]


def _weighed(workload: Workload, peer: Peer, plan: Plan, stack: contextlib.ExitStack) -> list[Contender]:
    """A fresh process each time: an allocator that has grown once does not give back what a measurement is after."""

    def scales(variant: str) -> Callable[[], float]:
        def weigh() -> float:
            with Worker(peer, plan.threads, workload.ranks, plan.on_hosts) as worker:
                worker.ask("facts")
                worker.ask("prepare", case=workload.name)
                return float(worker.ask("peak", variant=variant))

        return weigh

    with Worker(peer, plan.threads, workload.ranks, plan.on_hosts) as worker:
        worker.ask("facts")
        variants = worker.ask("prepare", case=workload.name)
    return [Contender(peer.name, variant, scales(variant)) for variant in variants]
