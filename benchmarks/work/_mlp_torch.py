"""The multilayer perceptron of the benchmarks, in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from benchmarks.work._data import layers

if TYPE_CHECKING:
    import numpy as np

ADAM = {
    "fused": {"fused": True},
    "foreach": {"foreach": True},
    "plain": {"foreach": False, "fused": False},
}
"""The implementations of PyTorch's Adam; which is fastest depends on the sizes."""


class MLP(torch.nn.Module):
    """Three affine layers with ReLU between them."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.l1, self.l2, self.l3 = (linear(*layer) for layer in layers(*sizes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.l3(torch.relu(self.l2(torch.relu(self.l1(x)))))


def linear(W: np.ndarray, b: np.ndarray) -> torch.nn.Linear:
    """Return an affine layer with these parameters."""
    out_size, in_size = W.shape
    layer = torch.nn.Linear(in_size, out_size)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(W))
        layer.bias.copy_(torch.from_numpy(b))
    return layer
