"""BlackOut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer.device_resident import DeviceResidentsVisitor
from chainer.functions.loss.black_out import black_out
from chainer.link import Link
from chainer.types import NdArray, VariableLike
from chainer.utils.walker_alias import WalkerAlias
from chainer.variable import Parameter, Variable


class BlackOut(Link):
    """Loss over a sample of a large vocabulary; see :func:`chainer.functions.black_out`.

    Args:
        in_size: Length of the input vectors.
        counts: How often each identifier occurs; samples are drawn in proportion to it.
        sample_size: Number of negative samples an element.

    Attributes:
        W: Output vectors. They start as NaN, as ever in this link: fill them before use. Shape
            ``(len(counts), in_size)``.
        sampler: The :class:`~chainer.utils.WalkerAlias` of negative samples.
        sample_data: Samples to use instead of drawing some; ``None`` by default. Shape ``(B, sample_size)``.

    References:
        Ji et al., *BlackOut: Speeding up Recurrent Neural Network Language Models With Very Large Vocabularies*,
        ICLR 2016.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> loss = L.BlackOut(3, counts=[5, 2, 1], sample_size=2)
        >>> loss.W.array[...] = 0
        >>> loss(np.ones((4, 3), np.float32), np.array([0, 1, 2, 0], np.int32)).shape
        ()
    """

    W: Parameter
    sample_data: NdArray | None = None

    def __init__(self, in_size: int, counts: Sequence[int] | NdArray, sample_size: int) -> None:
        super().__init__()
        self.sampler: Any = WalkerAlias(counts)
        self.sample_size = sample_size
        with self.init_scope():
            self.W = Parameter(shape=(len(counts), in_size))

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        self.sampler.device_resident_accept(visitor)

    def forward(self, x: VariableLike, t: VariableLike) -> Variable:
        """Computes the loss.

        Args:
            x: Input vectors. Shape ``(B, in_size)``.
            t: Identifiers. Shape ``(B,)``, int32.

        Returns:
            Mean loss.
        """
        samples = self.sample_data
        if samples is None:
            samples = self.sampler.sample((x.shape[0], self.sample_size))
        return black_out(x, t, self.W, samples)
