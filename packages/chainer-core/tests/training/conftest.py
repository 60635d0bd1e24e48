"""A trainer whose updater only counts, for tests of what surrounds it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import chainer
import pytest
from chainer.training import Trainer, Updater


class CountingUpdater(Updater):
    """Counts, reports what ``observe`` makes of the iteration, and fails when told."""

    def __init__(self, per_epoch: float, observe: Callable[[int], dict[str, Any]], on_update: Callable[[int], None]):
        self.iteration = 0
        self.per_epoch = per_epoch
        self.observe = observe
        self.on_update = on_update
        self.optimizers: dict[str, Any] = {}
        self.is_finalized = False

    @property
    def epoch(self) -> int:
        return int(self.epoch_detail)

    @property
    def epoch_detail(self) -> float:
        return self.iteration / self.per_epoch

    def get_all_optimizers(self) -> dict[str, Any]:
        return self.optimizers

    def get_optimizer(self, name: str) -> Any:
        return self.optimizers[name]

    def update(self) -> None:
        self.iteration += 1
        self.on_update(self.iteration)
        chainer.report(self.observe(self.iteration))

    def serialize(self, serializer: Any) -> None:
        self.iteration = serializer("iteration", self.iteration)

    def finalize(self) -> None:
        self.is_finalized = True


@pytest.fixture
def make_trainer(tmp_path):
    """Makes a trainer of 4 iterations an epoch in a directory of the test's own."""

    def make(stop=(8, "iteration"), observe=lambda i: {"x": i}, on_update=lambda i: None, per_epoch=4, out="result"):
        return Trainer(CountingUpdater(per_epoch, observe, on_update), stop, out=str(tmp_path / out))

    return make


@pytest.fixture
def fake_trainer():
    """What triggers look at, at an iteration of one's choice."""

    def make(iteration, per_epoch=4, **observation):
        updater = SimpleNamespace(
            iteration=iteration,
            epoch_detail=iteration / per_epoch,
            epoch=int(iteration / per_epoch),
            previous_epoch_detail=(iteration - 1) / per_epoch,
        )
        return SimpleNamespace(updater=updater, observation=observation, elapsed_time=float(iteration))

    return make
