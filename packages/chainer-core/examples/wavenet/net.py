"""WaveNet (van den Oord et al., arXiv:1609.03499)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class ResidualBlock(chainer.Chain):
    """A gated convolution that looks at this sample and the one ``dilation`` before."""

    def __init__(self, dilation: int, residual_channels: int, skip_channels: int) -> None:
        super().__init__()
        self.dilation = dilation
        with self.init_scope():
            # One convolution for filter and gate.
            self.conv = L.Convolution1D(residual_channels, 2 * residual_channels, 2, dilate=dilation)
            self.residual = L.Convolution1D(residual_channels, residual_channels, 1)
            self.skip = L.Convolution1D(residual_channels, skip_channels, 1)

    def forward(self, x: chainer.Variable) -> tuple[chainer.Variable, chainer.Variable]:
        """What goes on and what goes out. Shape ``(B, C, T)`` each."""
        past = F.pad(x, ((0, 0), (0, 0), (self.dilation, 0)), "constant")  # nothing from the future
        filtered, gate = F.split_axis(self.conv(past), 2, axis=1)
        h = F.tanh(filtered) * F.sigmoid(gate)
        return self.residual(h) + x, self.skip(h)


class WaveNet(chainer.Chain):
    """Foretells the level of a sample from those before it.

    Args:
        n_loop: Repetitions of the stack of dilations.
        n_layer: Dilations of a stack: 1, 2, 4, ...
        residual_channels: Channels within.
        skip_channels: Channels on the way out.
        n_levels: Levels of a sample.
    """

    def __init__(self, n_loop: int, n_layer: int, residual_channels: int, skip_channels: int, n_levels: int) -> None:
        super().__init__()
        dilations = [2**i for i in range(n_layer)] * n_loop
        self.receptive_field = sum(dilations) + 1
        with self.init_scope():
            self.embed = L.EmbedID(n_levels, residual_channels)
            self.blocks = chainer.ChainList(
                *(ResidualBlock(dilation, residual_channels, skip_channels) for dilation in dilations)
            )
            self.proj1 = L.Convolution1D(skip_channels, skip_channels, 1)
            self.proj2 = L.Convolution1D(skip_channels, n_levels, 1)

    def scores(self, levels: np.ndarray) -> chainer.Variable:
        """Scores of the level after each. Shape ``(B, T)`` to ``(B, n_levels, T)``."""
        h = F.transpose(self.embed(levels), (0, 2, 1))
        total = 0
        for block in self.blocks:
            h, skip = block(h)
            total += skip
        return self.proj2(F.relu(self.proj1(F.relu(total))))

    def forward(self, levels: np.ndarray) -> chainer.Variable:
        y = self.scores(levels[:, :-1])
        t = levels[:, 1:]
        loss = F.softmax_cross_entropy(y, t)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, t)}, self)
        return loss

    def generate(self, levels: np.ndarray, length: int) -> np.ndarray:
        """Goes on from some levels, ``(T,)``; each new one is drawn."""
        levels = list(levels)
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            for _ in range(length):
                seen = self.xp.array([levels[-self.receptive_field :]], np.int32)
                p = chainer.backend.CpuDevice().send(F.softmax(self.scores(seen)).array[0, :, -1]).astype(np.float64)
                levels.append(np.random.choice(len(p), p=p / p.sum()))
        return np.array(levels, np.int32)
