"""The training loop: a trainer, its updater, and the extensions that watch, record and steer it."""

from chainer.training import extension, extensions, trainer, trigger, triggers, updater, updaters, util
from chainer.training._updater import Updater
from chainer.training.extension import (
    PRIORITY_EDITOR,
    PRIORITY_READER,
    PRIORITY_WRITER,
    Extension,
    make_extension,
)
from chainer.training.trainer import Trainer
from chainer.training.trigger import get_trigger
from chainer.training.triggers.interval_trigger import IntervalTrigger
from chainer.training.updaters.parallel_updater import ParallelUpdater
from chainer.training.updaters.standard_updater import StandardUpdater

__all__ = [
    "PRIORITY_EDITOR",
    "PRIORITY_READER",
    "PRIORITY_WRITER",
    "Extension",
    "IntervalTrigger",
    "ParallelUpdater",
    "StandardUpdater",
    "Trainer",
    "Updater",
    "extension",
    "extensions",
    "get_trigger",
    "make_extension",
    "trainer",
    "trigger",
    "triggers",
    "updater",
    "updaters",
    "util",
]
