"""Negative sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from chainer import initializers
from chainer.device_resident import DeviceResidentsVisitor
from chainer.functions.loss.negative_sampling import negative_sampling
from chainer.initializers.constant import Constant
from chainer.link import Link
from chainer.types import DTypeSpec, NdArray, VariableLike
from chainer.utils.walker_alias import WalkerAlias
from chainer.variable import Parameter


class NegativeSampling(Link):
    """Loss of negative sampling, as for word embeddings; see :func:`chainer.functions.negative_sampling`.

    Args:
        in_size: Length of the input vectors.
        counts: How often each identifier occurs.
        sample_size: Number of negative samples an element.
        power: Samples are drawn in proportion to the counts to this power.
        dtype: Dtype of ``W``; the configured one by default.

    Attributes:
        W: Output vectors, zero at first. Shape ``(len(counts), in_size)``.
        sampler: The :class:`~chainer.utils.WalkerAlias` of negative samples.

    References:
        Mikolov et al., *Distributed Representations of Words and Phrases and their Compositionality*, NIPS 2013.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> loss = L.NegativeSampling(3, counts=[5, 2, 1], sample_size=2)
        >>> loss(np.ones((4, 3), np.float32), np.array([0, 1, 2, 0], np.int32))
        variable(8.317766)
    """

    W: Parameter

    def __init__(
        self,
        in_size: int,
        counts: Sequence[int] | NdArray,
        sample_size: int,
        power: float = 0.75,
        dtype: DTypeSpec = None,
    ) -> None:
        super().__init__()
        self.sample_size = sample_size
        self.sampler = WalkerAlias(numpy.power(numpy.asarray(counts, numpy.float32), numpy.float32(power)))
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(Constant(0, dtype)), (len(counts), in_size))

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        self.sampler.device_resident_accept(visitor)

    def forward(self, x: VariableLike, t: VariableLike, reduce: str = "sum", *, return_samples: bool = False) -> Any:
        """Computes the loss.

        Args:
            x: Input vectors. Shape ``(B, in_size)``.
            t: Identifiers; -1 is ignored. Shape ``(B,)``, int32.
            reduce: ``'sum'`` over the batch, or ``'no'``.
            return_samples: Whether to return the samples too.

        Returns:
            The loss; with ``return_samples``, the loss and the samples, shape ``(B, 1 + sample_size)``.
        """
        return negative_sampling(
            x, t, self.W, self.sampler.sample, self.sample_size, reduce=reduce, return_samples=return_samples
        )
