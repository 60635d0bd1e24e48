"""Networks of both agents."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class MLP(chainer.Chain):
    """Two hidden layers with ReLU, and ``tanh`` at the end if wanted.

    Args:
        n_in: Length of an input.
        n_units: Width of the hidden layers.
        n_out: Length of an output.
        bounded: Whether outputs are from -1 to 1.
    """

    def __init__(self, n_in: int, n_units: int, n_out: int, bounded: bool = False) -> None:
        super().__init__()
        self.bounded = bounded
        with self.init_scope():
            self.l1 = L.Linear(n_in, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, n_out)

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        y = self.l3(F.relu(self.l2(F.relu(self.l1(x)))))
        return F.tanh(y) if self.bounded else y


def soft_copy(source: chainer.Link, target: chainer.Link, tau: float) -> None:
    """Moves the parameters of ``target`` a little towards those of ``source``."""
    params = dict(target.namedparams())
    for name, param in source.namedparams():
        params[name].array += tau * (param.array - params[name].array)
