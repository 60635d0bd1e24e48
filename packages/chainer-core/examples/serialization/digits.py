"""What the three scripts share: a training of a classifier of digits, and the formats of files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import serializers, training
from chainer.training import extensions

SAVE: dict[str, Callable[[Any, Any], None]] = {
    ".npz": serializers.save_npz,
    ".h5": serializers.save_hdf5,
    ".safetensors": serializers.save_safetensors,
}
LOAD: dict[str, Callable[[Any, Any], None]] = {
    ".npz": serializers.load_npz,
    ".h5": serializers.load_hdf5,
    ".safetensors": serializers.load_safetensors,
}


class MLP(chainer.Chain):
    """Two fully connected layers with dropout, so that random numbers matter.

    Args:
        n_units: Width of the hidden layer. The size of the input is left to the first batch, or to the file.
    """

    def __init__(self, n_units: int = 100) -> None:
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, 10)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        return self.l2(F.dropout(F.relu(self.l1(x)), 0.2))


def make_trainer(model: MLP, epoch: int, out: Path) -> training.Trainer:
    """A training of the model to the given epoch."""
    train, _ = chainer.datasets.get_digits()
    iterator = chainer.iterators.SerialIterator(train, 50)
    optimizer = chainer.optimizers.Adam(0.005).setup(L.Classifier(model))
    updater = training.updaters.StandardUpdater(iterator, optimizer)
    trainer = training.Trainer(updater, (epoch, "epoch"), out=out)
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "main/loss", "main/accuracy"]))
    return trainer


def checksum(model: chainer.Link) -> str:
    """A short text that tells whether two models have the same weights, to the last bit."""
    digest = hashlib.sha256()
    for name, param in sorted(model.namedparams()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(chainer.backend.CpuDevice().send(param.array)).tobytes())
    return digest.hexdigest()[:16]
