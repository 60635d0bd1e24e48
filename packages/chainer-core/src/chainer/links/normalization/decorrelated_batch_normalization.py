"""Decorrelated batch normalisation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy

from chainer.configuration import config
from chainer.functions.normalization.decorrelated_batch_normalization import (
    decorrelated_batch_normalization,
    fixed_decorrelated_batch_normalization,
)
from chainer.link import Link
from chainer.links.normalization.batch_normalization import refuse_withdrawn
from chainer.serializer import Serializer
from chainer.types import DTypeSpec, NdArray, VariableLike
from chainer.variable import Variable


class DecorrelatedBatchNormalization(Link):
    """Whitens groups of channels over the batch; see :func:`chainer.functions.decorrelated_batch_normalization`.

    While training, means and projections are those of the batch, and running averages of both are kept. In test mode
    (``chainer.config.train`` is false) the averages are used.

    Args:
        size: Number of channels.
        groups: Number of groups of channels, each of which is whitened by itself.
        decay: Weight of the past in the running averages.
        eps: Added to the variances, for stability.
        dtype: Dtype of the averages.

    Attributes:
        avg_mean: Running average of means. Shape ``(groups, size / groups)``.
        avg_projection: Running average of projections. Shape ``(groups, size / groups, size / groups)``.
        N: Number of batches since fine-tuning began.

    References:
        Huang et al., *Decorrelated Batch Normalization*, CVPR 2018.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> dbn = L.DecorrelatedBatchNormalization(4, groups=2)
        >>> dbn(np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)).shape
        (8, 4)
    """

    avg_mean: Any
    avg_projection: Any

    def __init__(
        self, size: int, groups: int = 16, decay: float = 0.9, eps: float = 2e-5, dtype: DTypeSpec = numpy.float32
    ) -> None:
        super().__init__()
        n_channels = size // groups
        self.avg_mean = self.xp.zeros((groups, n_channels), dtype)
        self.register_persistent("avg_mean")
        self.avg_projection = self.xp.zeros((groups, n_channels, n_channels), dtype)
        self.avg_projection[:] = self.xp.eye(n_channels, dtype=dtype)
        self.register_persistent("avg_projection")
        self.N: Any = 0
        self.register_persistent("N")
        self.decay = decay
        self.eps = eps
        self.groups = groups

    def serialize(self, serializer: Any) -> None:
        if isinstance(serializer, Serializer):
            super().serialize(serializer)
            return
        self.N = serializer("N", self.N)
        for name, fix in (("avg_mean", fix_avg_mean), ("avg_projection", fix_avg_projection)):
            saved = serializer(name, None)
            if saved is not None:
                own = getattr(self, name)
                own[...] = self.device.send(fix(saved, self.groups))

    def forward(self, x: VariableLike, finetune: bool = False, **kwargs: Any) -> Variable:
        """Whitens a batch.

        Args:
            x: Batch. Shape ``(B, size, ...)``.
            finetune: While training, averages all batches since :meth:`start_finetuning` with equal weight, instead of
                letting older ones fade.

        Returns:
            Shape and dtype of ``x``.
        """
        refuse_withdrawn(kwargs)
        if not config.train:
            return fixed_decorrelated_batch_normalization(x, self.avg_mean, self.avg_projection, self.groups)
        decay = self.decay
        if finetune:
            self.N += 1
            decay = 1 - 1 / int(self.N)
        return decorrelated_batch_normalization(
            x,
            groups=self.groups,
            eps=self.eps,
            running_mean=self.avg_mean,
            running_projection=self.avg_projection,
            decay=decay,
        )

    def start_finetuning(self) -> None:
        """Starts counting batches anew; see the argument ``finetune`` of :meth:`forward`."""
        self.N = 0


def fix_avg_mean(avg_mean: NdArray, groups: int) -> NdArray:
    """Average of means with an axis of groups, which versions before 6 did not save.

    Args:
        avg_mean: As saved. Shape ``(size / groups,)`` or ``(groups, size / groups)``.
        groups: Number of groups.
    """
    return _with_groups(avg_mean, groups) if avg_mean.ndim == 1 else avg_mean


def fix_avg_projection(avg_projection: NdArray, groups: int) -> NdArray:
    """Average of projections with an axis of groups, which versions before 6 did not save.

    Args:
        avg_projection: As saved. Shape ``(size / groups, size / groups)``, or with an axis of groups before.
        groups: Number of groups.
    """
    return _with_groups(avg_projection, groups) if avg_projection.ndim == 2 else avg_projection


def _with_groups(average: NdArray, groups: int) -> NdArray:
    warnings.warn(
        "the statistics of DecorrelatedBatchNormalization are of an old version, which shared them among groups, "
        "unlike the paper",
        stacklevel=3,
    )
    return average[None].repeat(groups, axis=0)
