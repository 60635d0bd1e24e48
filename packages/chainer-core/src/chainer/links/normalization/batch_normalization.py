"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from chainer import initializers
from chainer._mixed16 import get_dtype
from chainer.configuration import config
from chainer.functions.normalization.batch_normalization import batch_normalization, fixed_batch_normalization
from chainer.link import Link
from chainer.links.normalization._initializer import with_dtype
from chainer.types import DTypeSpec, InitializerLike, NdArray, Shape, VariableLike
from chainer.utils.argument import parse_kwargs
from chainer.variable import Parameter, Variable


class BatchNormalization(Link):
    """Normalises each channel over the batch, then scales and shifts it.

    See :func:`chainer.functions.batch_normalization` for the maths. While training, mean and variance are those of
    the batch, and running averages of both are kept. In test mode
    (``chainer.config.train`` is false) the averages are used.

    Args:
        size: Shape of the axes that are not averaged over, or the length of the one. ``None`` learns it from the
            first batch, given ``axis``.
        decay: Weight of the past in the running averages.
        eps: Added to the variance, for stability.
        dtype: Dtype of parameters and averages; the configured one by default, float32 for ``mixed16``.
        use_gamma: Whether to scale.
        use_beta: Whether to shift.
        initial_gamma: Initial scale; one by default.
        initial_beta: Initial shift; zero by default.
        axis: Axes to average over; by default the first, and all after those of ``size``.
        initial_avg_mean: Initial average of means; zero by default.
        initial_avg_var: Initial average of variances; one by default.

    Attributes:
        gamma: Scale, or ``None``. Shape ``size``.
        beta: Shift, or ``None``. Shape ``size``.
        avg_mean: Running average of means.
        avg_var: Running average of (unbiased) variances.
        N: Number of batches since fine-tuning began.

    Raises:
        RuntimeError: Neither ``size`` nor ``axis`` is given.

    References:
        Ioffe and Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
        Shift*, ICML 2015.

    Example:
        >>> import chainer, chainer.links as L, numpy as np
        >>> bn = L.BatchNormalization(3)
        >>> y = bn(np.arange(12, dtype=np.float32).reshape(4, 3))
        >>> y.array[:, 0].round(2).tolist()
        [-1.34, -0.45, 0.45, 1.34]
    """

    gamma: Parameter | None = None
    beta: Parameter | None = None
    avg_mean: Any
    avg_var: Any

    def __init__(
        self,
        size: int | Shape | None = None,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: DTypeSpec = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: InitializerLike = None,
        initial_beta: InitializerLike = None,
        axis: int | tuple[int, ...] | None = None,
        initial_avg_mean: InitializerLike = None,
        initial_avg_var: InitializerLike = None,
    ) -> None:
        super().__init__()
        if size is None and axis is None:
            raise RuntimeError("size or axis is required: size is the number of channels, axis what is averaged over")
        self._initial_avg_mean = initial_avg_mean
        self._initial_avg_var = initial_avg_var
        self.N: Any = 0
        self.register_persistent("N")
        self.decay = decay
        self.eps = eps
        self.axis = (axis,) if isinstance(axis, int) else axis
        self._highprec_dtype: Any = get_dtype(dtype, map_mixed16=numpy.float32)
        with self.init_scope():
            if use_gamma:
                self.gamma = Parameter(with_dtype(initializers.get_initializer(initial_gamma, 1), self._highprec_dtype))
            if use_beta:
                self.beta = Parameter(with_dtype(initializers.get_initializer(initial_beta, 0), self._highprec_dtype))
        self.avg_mean = self.avg_var = None
        self.register_persistent("avg_mean")
        self.register_persistent("avg_var")
        if size is not None:
            self._initialize_params((size,) if isinstance(size, int | numpy.integer) else tuple(size))

    def _initialize_params(self, shape: Shape) -> None:
        self.avg_mean = self._make_average(self._initial_avg_mean, 0, shape)
        self.avg_var = self._make_average(self._initial_avg_var, 1, shape)
        for param in (self.gamma, self.beta):
            if param is not None:
                param.initialize(shape)

    def _make_average(self, value: InitializerLike, default: float, shape: Shape) -> NdArray:
        initializer = initializers.get_initializer(value, default)
        return initializers.generate_array(initializer, shape, self.xp, self._highprec_dtype, self.device)

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        yield "size", None if self.avg_mean is None else self.avg_mean.shape[0]
        yield "decay", self.decay
        yield "eps", self.eps
        yield "dtype", self._highprec_dtype
        yield "use_gamma", self.gamma is not None
        yield "use_beta", self.beta is not None

    def _scale_and_shift(self) -> tuple[VariableLike, VariableLike]:
        """``gamma`` and ``beta``, with ones and zeros for those that are not learnt."""
        gamma: Any = self.gamma
        beta: Any = self.beta
        if gamma is None:
            gamma = self.xp.ones_like(self.avg_mean)
        if beta is None:
            beta = self.xp.zeros_like(self.avg_mean)
        return gamma, beta

    def forward(self, x: VariableLike, finetune: bool = False, **kwargs: Any) -> Variable:
        """Normalises a batch.

        Args:
            x: Batch. Shape ``(B, C, ...)``, unless ``axis`` says otherwise.
            finetune: While training, averages all batches since :meth:`start_finetuning` with equal weight, instead of
                letting older ones fade. This is how the averages are settled for a new data set.

        Returns:
            Shape and dtype of ``x``.
        """
        refuse_withdrawn(kwargs)
        if self.avg_mean is None:
            axis: Any = self.axis
            self._initialize_params(tuple(size for i, size in enumerate(x.shape) if i not in axis))
        gamma, beta = self._scale_and_shift()
        if not config.train:
            return fixed_batch_normalization(x, gamma, beta, self.avg_mean, self.avg_var, self.eps, axis=self.axis)
        return batch_normalization(
            x,
            gamma,
            beta,
            eps=self.eps,
            running_mean=self.avg_mean,
            running_var=self.avg_var,
            decay=self._next_decay(finetune),
            axis=self.axis,
        )

    def _next_decay(self, finetune: bool) -> float:
        if not finetune:
            return self.decay
        self.N += 1
        return 1 - 1 / int(self.N)

    def start_finetuning(self) -> None:
        """Starts counting batches anew; see the argument ``finetune`` of :meth:`forward`."""
        self.N = 0


def refuse_withdrawn(kwargs: dict[str, Any]) -> None:
    """Raises if a normalisation is called with anything but ``finetune``."""
    if kwargs:
        parse_kwargs(kwargs, test="test is not an argument any more: use chainer.using_config('train', False)")
