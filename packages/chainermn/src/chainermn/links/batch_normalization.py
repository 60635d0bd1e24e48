"""Batch normalization over ranks."""

from __future__ import annotations

from typing import Any

from chainer import Variable, config
from chainer.functions.normalization.batch_normalization import BatchNormalization as BatchNormalizationNode
from chainer.links import BatchNormalization
from chainer.types import DTypeSpec, InitializerLike, Shape, VariableLike

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.functions.batch_normalization import MultiNodeBNImplSelector, get_communication_backend


class MultiNodeBatchNormalization(BatchNormalization):
    """Batch normalization whose mean and variance are those of the batches of all ranks together.

    For large models, of which few examples fit on one rank: N ranks with a batch of B / N train as one with B. All
    ranks have to run it together, forward and backward. In test mode nothing is sent.

    Args:
        size: Shape of the axes that are not averaged over, or the length of the one.
        comm: The ranks.
        decay: Weight of the past in the running averages.
        eps: Added to the variance, for stability.
        dtype: Dtype of parameters and averages; the configured one by default.
        use_gamma: Whether to scale.
        use_beta: Whether to shift.
        initial_gamma: Initial scale; one by default.
        initial_beta: Initial shift; zero by default.
        communication_backend: ``'mpi'``, ``'nccl'``, or ``'auto'``: NCCL where ``comm`` has it.

    Raises:
        ValueError: ``comm`` has no such backend.

    Example:
        >>> import chainermn, numpy as np
        >>> comm = chainermn.create_communicator("naive")
        >>> bn = chainermn.links.MultiNodeBatchNormalization(3, comm)
        >>> bn(np.ones((4, 3), "float32")).shape
        (4, 3)
    """

    def __init__(
        self,
        size: int | Shape,
        comm: MpiCommunicatorBase,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: DTypeSpec = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: InitializerLike = None,
        initial_beta: InitializerLike = None,
        communication_backend: str = "auto",
    ) -> None:
        self.connect(comm, communication_backend)
        super().__init__(size, decay, eps, dtype, use_gamma, use_beta, initial_gamma, initial_beta)

    def connect(self, comm: MpiCommunicatorBase, communication_backend: str = "auto") -> None:
        """Sets the ranks over which to normalize."""
        self.comm = comm
        self._selector = MultiNodeBNImplSelector(comm, get_communication_backend(comm, communication_backend))

    def forward(self, x: VariableLike, finetune: bool = False, **kwargs: Any) -> Variable:
        """Normalizes a batch.

        Args:
            x: Batch of this rank. Shape ``(B, C, ...)``; ``B`` may differ between ranks.
            finetune: While training, averages all batches since ``start_finetuning`` with equal weight.
        """
        if not config.train or kwargs or self.avg_mean is None:
            return super().forward(x, finetune, **kwargs)
        gamma = self.xp.ones_like(self.avg_mean) if self.gamma is None else self.gamma
        beta = self.xp.zeros_like(self.avg_mean) if self.beta is None else self.beta
        decay = self.decay
        if finetune:
            self.N += 1
            decay = 1 - 1 / int(self.N)
        node = BatchNormalizationNode(self.eps, self.avg_mean, self.avg_var, decay, self.axis, self._selector)
        (y,) = node.apply((x, gamma, beta))
        return y
