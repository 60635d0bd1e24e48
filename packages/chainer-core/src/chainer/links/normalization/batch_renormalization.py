"""Batch renormalisation."""

from __future__ import annotations

from typing import Any

from chainer.configuration import config
from chainer.functions.normalization.batch_normalization import fixed_batch_normalization
from chainer.functions.normalization.batch_renormalization import batch_renormalization
from chainer.links.normalization.batch_normalization import BatchNormalization, refuse_withdrawn
from chainer.types import DTypeSpec, InitializerLike, Shape, VariableLike
from chainer.variable import Variable


class BatchRenormalization(BatchNormalization):
    """:class:`BatchNormalization` corrected towards the running averages, for small batches.

    See :func:`chainer.functions.batch_renormalization` for the maths.

    Args:
        size: Shape of the axes that are not averaged over, or the length of the one.
        rmax: Largest correction of the scale.
        dmax: Largest correction of the shift.
        decay: As for :class:`BatchNormalization`, and so are the other arguments.

    Attributes:
        rmax: Largest correction of the scale; may be changed while training.
        dmax: Largest correction of the shift; may be changed while training.

    References:
        Ioffe, *Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models*, NIPS 2017.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.BatchRenormalization(3, rmax=3, dmax=5)(np.ones((4, 3), np.float32)).shape
        (4, 3)
    """

    def __init__(
        self,
        size: int | Shape,
        rmax: float = 1,
        dmax: float = 0,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: DTypeSpec = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: InitializerLike = None,
        initial_beta: InitializerLike = None,
        initial_avg_mean: InitializerLike = None,
        initial_avg_var: InitializerLike = None,
    ) -> None:
        super().__init__(
            size,
            decay,
            eps,
            dtype,
            use_gamma,
            use_beta,
            initial_gamma,
            initial_beta,
            None,
            initial_avg_mean,
            initial_avg_var,
        )
        self.rmax = rmax
        self.dmax = dmax

    def forward(self, x: VariableLike, finetune: bool = False, **kwargs: Any) -> Variable:
        """Normalises a batch.

        Args:
            x: Batch. Shape ``(B, *size, ...)``.
            finetune: As for :class:`BatchNormalization`.

        Returns:
            Shape and dtype of ``x``.
        """
        refuse_withdrawn(kwargs)
        gamma, beta = self._scale_and_shift()
        if not config.train:
            return fixed_batch_normalization(x, gamma, beta, self.avg_mean, self.avg_var, self.eps)
        return batch_renormalization(
            x,
            gamma,
            beta,
            self.rmax,
            self.dmax,
            self.eps,
            self.avg_mean,
            self.avg_var,
            self._next_decay(finetune),
            update_statistics=True,
        )
