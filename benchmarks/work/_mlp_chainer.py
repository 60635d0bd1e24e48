"""The multilayer perceptron of the benchmarks, in Chainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import chainer
import chainer.functions as F
import chainer.links as L

from benchmarks.work._data import layers

if TYPE_CHECKING:
    import numpy as np


class MLP(chainer.Chain):
    """Three affine layers with ReLU between them."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        l1, l2, l3 = layers(*sizes)
        with self.init_scope():
            self.l1 = linear(*l1)
            self.l2 = linear(*l2)
            self.l3 = linear(*l3)

    def forward(self, x: np.ndarray | chainer.Variable) -> chainer.Variable:
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


def linear(W: np.ndarray, b: np.ndarray) -> L.Linear:
    """Return an affine layer with these parameters."""
    out_size, in_size = W.shape
    return L.Linear(in_size, out_size, initialW=W, initial_bias=b)
