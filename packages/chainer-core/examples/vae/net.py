"""A variational autoencoder (Kingma and Welling, arXiv:1312.6114)."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class VAE(chainer.Chain):
    """Squeezes an image into a few numbers with a spread, and draws it again.

    Args:
        n_in: Pixels of an image, each from 0 to 1.
        n_latent: Numbers in the middle.
        n_units: Width of the hidden layers.
        beta: Weight of the divergence of the code from the standard normal distribution.
        k: Codes drawn an image.
    """

    def __init__(self, n_in: int, n_latent: int, n_units: int, beta: float = 1.0, k: int = 1) -> None:
        super().__init__()
        self.n_latent, self.beta, self.k = n_latent, beta, k
        with self.init_scope():
            self.encoder = L.Linear(n_in, n_units)
            self.mean = L.Linear(n_units, n_latent)
            self.ln_var = L.Linear(n_units, n_latent)
            self.decoder = L.Linear(n_latent, n_units)
            self.pixels = L.Linear(n_units, n_in)

    def encode(self, x: chainer.types.VariableLike) -> tuple[chainer.Variable, chainer.Variable]:
        """Mean and logarithm of the variance of the code. Shape ``(B, n_latent)`` each."""
        h = F.tanh(self.encoder(x))
        return self.mean(h), self.ln_var(h)

    def decode(self, z: chainer.types.VariableLike) -> chainer.Variable:
        """Logits of the pixels. Shape ``(B, n_in)``."""
        return self.pixels(F.tanh(self.decoder(z)))

    def reconstruct(self, x: chainer.types.VariableLike) -> chainer.Variable:
        mean, _ = self.encode(x)
        return F.sigmoid(self.decode(mean))

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        """Negative evidence lower bound of an image."""
        mean, ln_var = self.encode(x)
        batchsize = len(mean)
        rec_loss = 0
        for _ in range(self.k):
            z = F.gaussian(mean, ln_var)
            rec_loss += F.bernoulli_nll(x, self.decode(z)) / (self.k * batchsize)
        kl = F.gaussian_kl_divergence(mean, ln_var) / batchsize
        loss = rec_loss + self.beta * kl
        chainer.report({"loss": loss, "rec_loss": rec_loss, "kl": kl}, self)
        return loss
