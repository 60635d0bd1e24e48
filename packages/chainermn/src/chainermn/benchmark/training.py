"""How long a step of training takes on many ranks, and where its communication goes."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import chainer
from chainer.optimizers.momentum_sgd import MomentumSGD

from chainermn.benchmark.models import Model
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.optimizers import create_multi_node_optimizer
from chainermn.timeline import Timeline

_WARM_UP = 4  # steps: the first only distributes parameters, and the next make buckets and touch their memory
_LR = 1e-4  # small enough for random labels not to drive a model to infinity


@dataclass(frozen=True, slots=True)
class Training:
    """What was measured; times in seconds, medians over steps and means over ranks.

    Attributes:
        n_parameters: Of the model.
        items_per_second: Of one rank, with overlap.
        step: With overlap, as a user trains.
        step_sequential: With communication after backward.
        step_alone: Without communication, on all ranks at the same time.
        jitter: Standard deviation of the latter over steps.
        forward: Part of it before backward begins.
        backward: Part of it that is backward.
        communication: During which buckets were being averaged.
        hidden: Part of it that passed while backward ran.
        hideable: Part of it that could have.
        overlap: ``hidden / communication``.
        buckets: Bytes of each bucket, in the order in which they are sent.
        ready: Share of backward after which each of them was complete.
        memory: Peak of the resident memory of a rank after training with communication, in bytes.
        memory_alone: The same after training without, which came first.
    """

    n_parameters: int
    items_per_second: float
    step: float
    step_sequential: float
    step_alone: float
    jitter: float
    forward: float
    backward: float
    communication: float
    hidden: float
    hideable: float
    overlap: float
    buckets: list[int]
    ready: list[float]
    memory: int
    memory_alone: int


def measure_training(
    comm: MpiCommunicatorBase, model: Model, batchsize: int, n_steps: int, device: Any = "@numpy"
) -> Training:
    """Trains without communication, with it while backward runs, and with it after backward.

    Called by all ranks together.

    Args:
        comm: Averages.
        model: What to train, by stochastic gradient descent with momentum.
        batchsize: Items a step and rank.
        n_steps: Steps that are timed, of each of the three.
        device: Where to train.

    Example:
        >>> import chainermn
        >>> from chainermn.benchmark.models import MODELS
        >>> from chainermn.benchmark.training import measure_training
        >>> comm = chainermn.create_communicator("naive")
        >>> training = measure_training(comm, MODELS["mlp"], batchsize=10, n_steps=2)
        >>> training.n_parameters, training.items_per_second > 0
        (1796010, True)
    """
    loop = _Loop(comm, model, batchsize, n_steps, device)
    actual = MomentumSGD(lr=_LR).setup(loop.classifier)
    alone = loop.run(actual)
    memory_alone = peak_memory()
    overlapped = loop.run(create_multi_node_optimizer(actual, comm))
    memory = peak_memory()
    sequential = loop.run(create_multi_node_optimizer(actual, comm, overlap=False))

    def mean(values: Iterable[float]) -> float:
        return statistics.fmean(comm.allgather_obj(statistics.median(values)))

    timelines = [step.timeline for step in overlapped]
    return Training(
        n_parameters=loop.classifier.count_params(),
        items_per_second=batchsize / mean(step.seconds for step in overlapped),
        step=mean(step.seconds for step in overlapped),
        step_sequential=mean(step.seconds for step in sequential),
        step_alone=mean(step.seconds for step in alone),
        jitter=statistics.fmean(comm.allgather_obj(statistics.pstdev(step.seconds for step in alone))),
        forward=mean(step.forward for step in alone),
        backward=mean(step.backward for step in alone),
        communication=mean(timeline.communication for timeline in timelines),
        hidden=mean(timeline.hidden for timeline in timelines),
        hideable=mean(timeline.hideable for timeline in timelines),
        overlap=mean(timeline.overlap for timeline in timelines),
        buckets=timelines[-1].nbytes,
        ready=[mean(shares) for shares in zip(*(step.ready_shares() for step in overlapped), strict=True)],
        memory=memory,
        memory_alone=memory_alone,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """The clock at the corners of a step, in seconds."""

    begin: float
    backward_begin: float
    backward_end: float
    end: float
    timeline: Timeline

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    @property
    def forward(self) -> float:
        return self.backward_begin - self.begin

    @property
    def backward(self) -> float:
        return self.backward_end - self.backward_begin

    def ready_shares(self) -> list[float]:
        """Share of backward after which each bucket was complete."""
        return [min(1.0, max(0.0, (ready - self.backward_begin) / self.backward)) for ready in self.timeline.ready]


class _Loop:
    """One model and minibatch, for any optimizer."""

    def __init__(self, comm: MpiCommunicatorBase, model: Model, batchsize: int, n_steps: int, device: Any) -> None:
        self._comm = comm
        self._n_steps = n_steps
        self._device = chainer.get_device(device)
        self.classifier = model.classifier().to_device(self._device)
        self._x, self._t = (self._device.send(array) for array in model.batch(batchsize, seed=comm.rank))

    def run(self, optimizer: Any) -> list[_Step]:
        """Trains, and returns the steps after those that warm up."""
        return [self._step(optimizer) for _ in range(_WARM_UP + self._n_steps)][_WARM_UP:]

    def _step(self, optimizer: Any) -> _Step:
        backward_begin = backward_end = 0.0

        def loss() -> chainer.Variable:
            nonlocal backward_begin
            value = self.classifier(self._x, self._t)
            backward_begin = time.perf_counter()
            return value

        def note(_: chainer.Variable) -> None:
            nonlocal backward_end
            backward_end = time.perf_counter()

        begin = time.perf_counter()
        with chainer.gradient_final_hook(note):
            optimizer.update(loss)
        self._wait_for_device()
        return _Step(
            begin, backward_begin, backward_end, time.perf_counter(), getattr(optimizer, "timeline", Timeline())
        )

    def _wait_for_device(self) -> None:
        if isinstance(self._device, chainer.backend.GpuDevice):
            self._device.device.synchronize()


def peak_memory() -> int:
    """Bytes of resident memory that this process has had at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
