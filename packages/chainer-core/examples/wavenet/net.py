"""WaveNet (van den Oord et al., arXiv:1609.03499)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class ResidualBlock(chainer.Chain):
    """A dilated convolution of the present and one past sample, gated, told what to sing.

    Args:
        channels: Channels of the sound on its way.
        skip_channels: Channels of what the block gives to the output.
        dilate: How far back the past sample lies.
        n_conditions: How many different things can be asked for.
    """

    def __init__(self, channels: int, skip_channels: int, dilate: int, n_conditions: int) -> None:
        super().__init__()
        self.dilate = dilate
        with self.init_scope():
            self.conv = L.ConvolutionND(1, channels, 2 * channels, ksize=2, pad=dilate, dilate=dilate)
            self.condition = L.EmbedID(n_conditions, 2 * channels)
            self.out = L.ConvolutionND(1, channels, channels, ksize=1)
            self.skip = L.ConvolutionND(1, channels, skip_channels, ksize=1)

    def forward(self, x: chainer.Variable, condition: np.ndarray) -> tuple[chainer.Variable, chainer.Variable]:
        length = x.shape[2]
        h = self.conv(x)[:, :, :length]  # padded at both ends, so cut what would see the future
        return self._gate(x, h + F.broadcast_to(self.condition(condition)[:, :, None], h.shape))

    def start(self, condition: np.ndarray) -> None:
        """Prepares :meth:`step`: no sample has been heard."""
        self.past = self.xp.zeros((self.dilate, len(condition), self.conv.W.shape[1]), np.float32)
        self.place = 0
        self.told = self.condition(condition)[:, :, None]

    def step(self, x: chainer.Variable) -> tuple[chainer.Variable, chainer.Variable]:
        """The same for the next sample alone, ``(B, C, 1)``: past ones are remembered, not computed again."""
        pair = F.stack([self.past[self.place], x[:, :, 0]], axis=2)
        self.past[self.place] = x.array[:, :, 0]
        self.place = (self.place + 1) % self.dilate
        return self._gate(x, F.convolution_1d(pair, self.conv.W, self.conv.b) + self.told)

    def _gate(self, x: chainer.Variable, h: chainer.Variable) -> tuple[chainer.Variable, chainer.Variable]:
        content, gate = F.split_axis(h, 2, axis=1)
        z = F.tanh(content) * F.sigmoid(gate)
        return x + self.out(z), self.skip(z)


class WaveNet(chainer.Chain):
    """Foretells the level of each sample from those before it.

    Args:
        n_levels: Number of levels.
        n_loop: How often the dilations 1, 2, 4, ... are run through.
        n_layer: Dilations of a run.
        channels: Channels of the residual blocks.
        n_conditions: How many different things can be asked for.
    """

    def __init__(self, n_levels: int, n_loop: int, n_layer: int, channels: int, n_conditions: int) -> None:
        super().__init__()
        self.n_levels = n_levels
        dilations = [2**i for _ in range(n_loop) for i in range(n_layer)]
        self.receptive_field = sum(dilations) + 1
        with self.init_scope():
            self.embed = L.EmbedID(n_levels, channels)
            self.blocks = chainer.ChainList(
                *(ResidualBlock(channels, 2 * channels, dilate, n_conditions) for dilate in dilations)
            )
            self.proj1 = L.ConvolutionND(1, 2 * channels, 2 * channels, ksize=1)
            self.proj2 = L.ConvolutionND(1, 2 * channels, n_levels, ksize=1)

    def forward(self, levels: np.ndarray, condition: np.ndarray) -> chainer.Variable:
        """Scores of each level for the sample after each. Shape ``(B, n_levels, T)`` for levels ``(B, T)``."""
        x = F.transpose(self.embed(levels), (0, 2, 1))
        skips = 0
        for block in self.blocks:
            x, skip = block(x, condition)
            skips += skip
        return self._project(skips)

    def generate(self, condition: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
        """Draws one sample after the other. Shape ``(B, length)``, int32."""
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            for block in self.blocks:
                block.start(condition)
            level = self.xp.full(len(condition), self.n_levels // 2, np.int32)  # silence
            heard = []
            for _ in range(length):
                x = self.embed(level)[:, :, None]
                skips = 0
                for block in self.blocks:
                    x, skip = block.step(x)
                    skips += skip
                scores = chainer.backend.CpuDevice().send(self._project(skips).array[:, :, 0])
                # Adding Gumbel noise to scores and taking the largest draws from their softmax.
                heard.append((scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(np.int32))
                level = self.xp.asarray(heard[-1])
        return np.stack(heard, axis=1)

    def _project(self, skips: chainer.Variable) -> chainer.Variable:
        return self.proj2(F.relu(self.proj1(F.relu(skips))))
