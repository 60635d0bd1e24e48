"""Training a language model of two LSTM layers, over whole sequences and written step by step.

Truncated backpropagation starts from zero states each time: carrying them on costs nothing. There is no dropout: each
framework draws masks of its own, and the numbers could not be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.work._data import cycle, labels, normal
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from benchmarks.workload import Step, Steps

LEARNING_RATE = 0.1
N_LAYERS = 2


class LanguageModel(Workload):
    """Word vectors, two layers of LSTM, an affine map to the words, softmax cross entropy, backward and SGD."""

    family = "lstm_lm"
    cell = "LSTM"
    form: str
    about: str
    rounds = 7

    def __init__(
        self, aim: float | None, n_units: int = 650, n_steps: int = 35, batch_size: int = 20, n_words: int = 10000
    ) -> None:
        self.name = f"{self.family}/{self.form}"
        self.aim = aim
        self.n_units, self.n_steps, self.batch_size, self.n_words = n_units, n_steps, batch_size, n_words
        self.summary = f"{self.cell} {N_LAYERS} x {n_units}, batch of {batch_size} x {n_steps} words, {self.about}, SGD"

    def small(self) -> LanguageModel:
        return type(self)(self.aim, 24, 5, 3, 50)

    def examples(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return words and the words that follow. Shape ``(n_steps, batch_size)``, int32."""
        shape = self.n_steps, self.batch_size
        words = [labels(seed, shape[0] * shape[1], self.n_words).reshape(shape) for seed in range(4)]
        return list(zip(words[::2], words[1::2]))

    def gates(self, layer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights of inputs and of states, and biases; gates are input, forget, cell input, output."""
        n = self.n_units
        scale = np.float32(n**0.5)
        return normal(layer, 4, n, n) / scale, normal(layer + 10, 4, n, n) / scale, 0.1 * normal(layer + 20, 4, n)

    def ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return word vectors, and weight and bias of the map to the words."""
        n, n_words = self.n_units, self.n_words
        return normal(30, n_words, n), normal(31, n_words, n) / np.float32(n**0.5), 0.1 * normal(32, n_words)

    def chainer(self) -> Steps:
        import chainer
        import chainer.links as L

        vectors, W, b = self.ends()
        model = chainer.Chain(
            embed=L.EmbedID(self.n_words, self.n_units, initialW=vectors),
            rnn=self.chainer_layers(),
            out=L.Linear(self.n_units, self.n_words, initialW=W, initial_bias=b),
        )
        optimizer = chainer.optimizers.SGD(LEARNING_RATE).setup(model)
        examples = cycle(self.examples())

        def step() -> Sequence[object]:
            loss = self.chainer_loss(model, *next(examples))
            model.cleargrads()
            loss.backward()
            optimizer.update()
            return (loss,)

        return {SIMPLE: step}

    def chainer_layers(self) -> Any:
        """Return the layers."""
        import chainer
        import chainer.links as L

        layers: Any = chainer.ChainList()
        for k in range(N_LAYERS):
            layer: Any = L.LSTM(self.n_units, self.n_units)
            # The link takes the gates of one unit after the other, each cell input first.
            W, U, b = (np.stack([a[2], a[0], a[1], a[3]], axis=1).reshape(-1, *a.shape[2:]) for a in self.gates(k))
            layer.upward.W.array[...], layer.lateral.W.array[...], layer.upward.b.array[...] = W, U, b
            layers.append(layer)
        return layers

    def chainer_loss(self, model: Any, words: np.ndarray, targets: np.ndarray) -> Any:
        """Return the mean loss of all words."""
        raise NotImplementedError

    def torch(self) -> Steps:
        return {SIMPLE: self.torch_step()}

    def torch_step(self) -> Step:
        """Return a step of training."""
        import torch

        vectors, W, b = (torch.from_numpy(array).requires_grad_() for array in self.ends())
        layers, parameters = self.torch_layers()
        optimizer = torch.optim.SGD([vectors, W, b, *parameters], LEARNING_RATE)
        examples = cycle([(torch.from_numpy(x).long(), torch.from_numpy(t).long()) for x, t in self.examples()])

        def embed(words: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.embedding(words, vectors)

        def loss_of(h: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(torch.nn.functional.linear(h, W, b), targets)

        def step() -> Sequence[object]:
            loss = self.torch_loss(embed, layers, loss_of, *next(examples))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return (loss,)

        return step

    def torch_layers(self) -> tuple[Any, list[Any]]:
        """Return the layers, and their parameters."""
        import torch

        cells = [torch.nn.LSTMCell(self.n_units, self.n_units) for _ in range(N_LAYERS)]
        for k, cell in enumerate(cells):
            self.torch_fill(k, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
            cell.bias_hh.requires_grad_(False)  # the link of Chainer has one bias alone
        return cells, [p for cell in cells for p in cell.parameters()]

    def torch_fill(self, layer: int, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> None:
        """Set parameters of a layer."""
        import torch

        W, U, b = (array.reshape(-1, *array.shape[2:]) for array in self.gates(layer))
        with torch.no_grad():
            weight_ih.copy_(torch.from_numpy(W))
            weight_hh.copy_(torch.from_numpy(U))
            bias_ih.copy_(torch.from_numpy(b))
            bias_hh.zero_()

    def torch_loss(
        self, embed: Callable[[Any], Any], layers: Any, loss_of: Callable[[Any, Any], Any], words: Any, targets: Any
    ) -> Any:
        """Return the mean loss of all words."""
        raise NotImplementedError


class Sequences(LanguageModel):
    """All time steps in one call."""

    form = "sequences"
    about = "in one call"

    def chainer_layers(self) -> Any:
        import chainer.links as L

        link = L.NStepLSTM(N_LAYERS, self.n_units, self.n_units, 0.0)
        for k, layer in enumerate(link):
            W, U, b = self.gates(k)
            for gate in range(4):
                getattr(layer, f"w{gate}").array[...] = W[gate]
                getattr(layer, f"w{gate + 4}").array[...] = U[gate]
                getattr(layer, f"b{gate}").array[...] = b[gate]
                getattr(layer, f"b{gate + 4}").array[...] = 0
        return link

    def chainer_loss(self, model: Any, words: np.ndarray, targets: np.ndarray) -> Any:
        import chainer.functions as F

        vectors = model.embed(words.T.reshape(-1))
        xs = F.split_axis(vectors, words.shape[1], axis=0)
        _, _, ys = model.rnn(None, None, xs)
        return F.softmax_cross_entropy(model.out(F.concat(ys, axis=0)), targets.T.reshape(-1))

    def torch_layers(self) -> tuple[Any, list[Any]]:
        import torch

        lstm = torch.nn.LSTM(self.n_units, self.n_units, N_LAYERS)
        for k in range(N_LAYERS):
            self.torch_fill(k, *lstm.all_weights[k])
        return lstm, list(lstm.parameters())

    def torch_loss(
        self, embed: Callable[[Any], Any], layers: Any, loss_of: Callable[[Any, Any], Any], words: Any, targets: Any
    ) -> Any:
        hs, _ = layers(embed(words))
        return loss_of(hs.flatten(0, 1), targets.flatten())


class StepByStep(LanguageModel):
    """A loop over time in Python, with the loss of each step."""

    form = "steps"
    about = "step by step"

    def chainer_loss(self, model: Any, words: np.ndarray, targets: np.ndarray) -> Any:
        import chainer.functions as F

        for layer in model.rnn:
            layer.reset_state()
        total: Any = 0
        for x, t in zip(words, targets):
            total += F.softmax_cross_entropy(model.out(self.chainer_outputs(model, x)), t)
        return total / len(words)

    def chainer_outputs(self, model: Any, x: np.ndarray) -> Any:
        """Return what the last layer says to a word."""
        h = model.embed(x)
        for layer in model.rnn:
            h = layer(h)
        return h

    def torch_loss(
        self, embed: Callable[[Any], Any], layers: Any, loss_of: Callable[[Any, Any], Any], words: Any, targets: Any
    ) -> Any:
        total = 0
        for h, t in zip(self.torch_outputs(embed, layers, words), targets):
            total = total + loss_of(h, t)
        return total / len(words)

    def torch_outputs(self, embed: Callable[[Any], Any], layers: Any, words: Any) -> Any:
        """Yield what the last layer says to each word."""
        states = [None] * N_LAYERS
        for x in words:
            h = embed(x)
            for k, cell in enumerate(layers):
                h, c = states[k] = cell(h, states[k])
            yield h


class StepsOfLayers(StepByStep):
    """A loop over time in Python for the layers alone, with one map to the words after it."""

    form = "layer_steps"
    about = "layers step by step"

    def chainer_loss(self, model: Any, words: np.ndarray, targets: np.ndarray) -> Any:
        import chainer.functions as F

        for layer in model.rnn:
            layer.reset_state()
        hs = [self.chainer_outputs(model, x) for x in words]
        return F.softmax_cross_entropy(model.out(F.concat(hs, axis=0)), targets.reshape(-1))

    def torch_loss(
        self, embed: Callable[[Any], Any], layers: Any, loss_of: Callable[[Any, Any], Any], words: Any, targets: Any
    ) -> Any:
        import torch

        return loss_of(torch.cat(list(self.torch_outputs(embed, layers, words))), targets.flatten())


WORKLOADS = (Sequences(aim=1.0), StepByStep(aim=0.5), StepsOfLayers(aim=0.5))
