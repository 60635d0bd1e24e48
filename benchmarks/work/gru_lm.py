"""Training the language model of :mod:`benchmarks.work.lstm_lm` with two GRU layers, written step by step.

The layers are those of Cho et al. (2014), as ``chainer.links.StatefulGRU`` has them: the reset gate is applied before
the product with weights. PyTorch's ``GRUCell`` applies it after; its side is written out here, with weights stacked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.work._data import normal
from benchmarks.work.lstm_lm import N_LAYERS, StepsOfLayers

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class GRUSteps(StepsOfLayers):
    """A loop over time in Python for the layers, with one map to the words after it."""

    family = "gru_lm"
    cell = "GRU"

    def gates(self, layer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights of inputs and of states, and biases; gates are reset, update, candidate."""
        n = self.n_units
        scale = np.float32(n**0.5)
        return normal(layer, 3, n, n) / scale, normal(layer + 10, 3, n, n) / scale, 0.1 * normal(layer + 20, 3, n)

    def chainer_layers(self) -> Any:
        import chainer
        import chainer.links as L

        layers: Any = chainer.ChainList()
        for k in range(N_LAYERS):
            layer: Any = L.StatefulGRU(self.n_units, self.n_units)
            of_input, of_state = (layer.W_r, layer.W_z, layer.W), (layer.U_r, layer.U_z, layer.U)
            for into, back, W, U, b in zip(of_input, of_state, *self.gates(k)):
                into.W.array[...], into.b.array[...], back.W.array[...] = W, b, U
            layers.append(layer)
        return layers

    def torch_layers(self) -> tuple[Any, list[Any]]:
        import torch
        from torch.nn.functional import linear

        def leaf(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).requires_grad_()

        def cell_of(
            W: torch.Tensor, b: torch.Tensor, U: torch.Tensor, d: torch.Tensor, V: torch.Tensor, e: torch.Tensor
        ) -> Callable[[Any, Any], Any]:
            def cell(x: torch.Tensor, h: torch.Tensor | None) -> torch.Tensor:
                r, z, c = linear(x, W, b).chunk(3, 1)
                if h is None:
                    return torch.sigmoid(z) * torch.tanh(c)
                u, v = linear(h, U, d).chunk(2, 1)
                z = torch.sigmoid(z + v)
                return (1 - z) * h + z * torch.tanh(c + linear(torch.sigmoid(r + u) * h, V, e))

            return cell

        cells, parameters = [], []
        n = self.n_units
        for k in range(N_LAYERS):
            W, U, b = self.gates(k)
            zeros = np.zeros(3 * n, np.float32)
            arrays = W.reshape(-1, n), b.reshape(-1), U[:2].reshape(-1, n), zeros[n:], U[2], zeros[:n].copy()
            own = [leaf(array) for array in arrays]
            cells.append(cell_of(*own))
            parameters += own
        return cells, parameters

    def torch_outputs(self, embed: Callable[[Any], Any], layers: Any, words: Any) -> Any:
        states: list[Any] = [None] * N_LAYERS
        for x in words:
            h = embed(x)
            for k, cell in enumerate(layers):
                h = states[k] = cell(h, states[k])
            yield h


WORKLOADS = (GRUSteps(aim=None),)
