"""Weights of a bounded spectral norm."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.configuration import config
from chainer.functions.array.reshape import reshape
from chainer.functions.array.transpose import transpose
from chainer.functions.math.matmul import matmul
from chainer.link import Link
from chainer.link_hooks._replaced_weight import ReplacedWeightHook
from chainer.types import NdArray
from chainer.variable import Parameter, Variable

# Links whose weight has its output channels in the second axis.
_TRANSPOSED = ("Deconvolution1D", "Deconvolution2D", "Deconvolution3D", "DeconvolutionND")


class SpectralNormalization(ReplacedWeightHook):
    r"""Has a link compute with its weight divided by its largest singular value.

    The weight, as a matrix with one row an output channel, is divided by :math:`\sigma = u^\top W v`, with :math:`u`
    and :math:`v` from power iteration: in each forward pass a few steps, from the :math:`u` of the pass before. That is
    kept in the link as the persistent value ``W_u``; in test mode it is not changed.

    Args:
        n_power_iteration: Number of steps in each forward pass.
        eps: Added to the norms that divide vectors.
        use_gamma: Whether to multiply by a learnable scalar, the parameter ``gamma`` of the link. It starts as the
            largest singular value, so that the link starts unchanged.
        factor: Factor on the weight, or ``None``.
        weight_name: Attribute of the link that holds the weight.
        name: Name of the hook; that of its class unless given.

    References:
        Miyato et al., *Spectral Normalization for Generative Adversarial Networks*, ICLR 2018, arXiv:1802.05957.

    Example:
        >>> import numpy as np
        >>> import chainer.links as L
        >>> from chainer.link_hooks import SpectralNormalization
        >>> layer = L.Linear(2, 2, nobias=True, initialW=np.diag([3, 1]).astype(np.float32))
        >>> layer = layer.add_hook(SpectralNormalization(n_power_iteration=20))
        >>> layer(np.ones((1, 2), np.float32)).array.round(3)
        array([[1.   , 0.333]], dtype=float32)
    """

    name = "SpectralNormalization"

    def __init__(
        self,
        n_power_iteration: int = 1,
        eps: float = 1e-6,
        use_gamma: bool = False,
        factor: float | None = None,
        weight_name: str = "W",
        name: str | None = None,
    ) -> None:
        if n_power_iteration < 1:
            raise ValueError(f"n_power_iteration must be positive, got {n_power_iteration}")
        super().__init__(weight_name, name)
        self.n_power_iteration = n_power_iteration
        self.eps = eps
        self.use_gamma = use_gamma
        self.factor = factor
        self.vector_name = f"{weight_name}_u"
        self.axis = 0  # of the output channels

    def added(self, link: Link | None) -> None:
        super().added(link)
        self.axis = 1 if type(link).__name__ in _TRANSPOSED else 0
        weight = getattr(link, self.weight_name)
        if weight.array is not None:
            self._prepare(link, weight)

    def deleted(self, link: Link | None) -> None:
        for name in (self.vector_name, *(["gamma"] if self.use_gamma else [])):
            if link is not None and name in vars(link):
                delattr(link, name)

    def _prepare(self, link: Any, weight: Parameter) -> None:
        """Gives the link what the hook keeps in it."""
        array: Any = weight.array
        device = weight.device
        u = numpy.random.normal(size=(array.shape[self.axis],)).astype(array.dtype)
        link.add_persistent(self.vector_name, device.send(u))
        if self.use_gamma:
            largest = numpy.linalg.norm(backend.CpuDevice().send(self.reshape_W(array)), 2)
            with link.init_scope():
                link.gamma = Parameter(device.send(numpy.asarray(largest, array.dtype)))

    def reshape_W(self, W: NdArray) -> NdArray:
        """A weight as a matrix with one row an output channel."""
        return W.swapaxes(0, self.axis).reshape(W.shape[self.axis], -1)

    def normalize_weight(self, link: Any) -> Variable:
        """The weight of a link divided by its largest singular value; in training, moves ``W_u`` on."""
        weight = getattr(link, self.weight_name)
        if not hasattr(link, self.vector_name):
            self._prepare(link, weight)
        array: Any = weight.array
        matrix = self.reshape_W(array)
        u, v = self._iterate(matrix, getattr(link, self.vector_name))
        if config.train:
            backend.copyto(getattr(link, self.vector_name), u)
        sigma = self._sigma(weight, u, v)
        if self.factor is not None:
            sigma = sigma / float(self.factor)
        normalized = weight / sigma
        return link.gamma * normalized if self.use_gamma else normalized

    def _iterate(self, matrix: NdArray, u: NdArray) -> tuple[NdArray, NdArray]:
        v = u
        for _ in range(self.n_power_iteration):
            v = self._normalize(u @ matrix)
            u = self._normalize(matrix @ v)
        return u, v

    def _normalize(self, x: NdArray) -> NdArray:
        xp = backend.get_array_module(x)
        return x / (xp.linalg.norm(x) + float(self.eps))

    def _sigma(self, weight: Variable, u: NdArray, v: NdArray) -> Variable:
        """Largest singular value; the singular vectors are constants for backward."""
        axes = list(range(weight.ndim))
        axes[0], axes[self.axis] = axes[self.axis], axes[0]
        swapped = weight if self.axis == 0 else transpose(weight, axes)
        return matmul(u, matmul(reshape(swapped, (len(u), -1)), v))
