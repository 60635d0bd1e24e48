"""Updaters: what one iteration is."""

from chainer.training.updaters.gradient_accumulation_updater import GradientAccumulationUpdater
from chainer.training.updaters.multiprocess_parallel_updater import MultiprocessParallelUpdater
from chainer.training.updaters.parallel_updater import ParallelUpdater
from chainer.training.updaters.standard_updater import StandardUpdater

__all__ = [
    "GradientAccumulationUpdater",
    "MultiprocessParallelUpdater",
    "ParallelUpdater",
    "StandardUpdater",
]
