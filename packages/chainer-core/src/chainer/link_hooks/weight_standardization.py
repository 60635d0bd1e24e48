"""Weights of mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from chainer.functions.math.average import average
from chainer.functions.math.sqrt import sqrt
from chainer.link_hooks._replaced_weight import ReplacedWeightHook
from chainer.variable import Variable


class WeightStandardization(ReplacedWeightHook):
    r"""Has a link compute with its weight standardised for each output channel.

    .. math:: \hat W_i = \frac{W_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}}

    with the mean and the variance over all axes but the first.

    Args:
        eps: Added to the variance.
        weight_name: Attribute of the link that holds the weight.
        name: Name of the hook; that of its class unless given.

    References:
        Qiao et al., *Weight Standardization*, 2019, arXiv:1903.10520.

    Example:
        >>> import numpy as np
        >>> import chainer.links as L
        >>> from chainer.link_hooks import WeightStandardization
        >>> layer = L.Linear(3, 2, nobias=True).add_hook(WeightStandardization())
        >>> abs(layer(np.ones((1, 3), np.float32)).array).round(3) + 0
        array([[0., 0.]], dtype=float32)
    """

    name = "WeightStandardization"

    def __init__(self, *, eps: float = 1e-5, weight_name: str = "W", name: str | None = None) -> None:
        super().__init__(weight_name, name)
        self.eps = eps

    def normalize_weight(self, link: Any) -> Variable:
        """The weight of a link with mean 0 and variance 1 for each output channel."""
        weight = getattr(link, self.weight_name)
        axes = tuple(range(1, weight.ndim))
        centred = weight - average(weight, axes, keepdims=True)
        variance = average(centred * centred, axes, keepdims=True)
        return centred / sqrt(variance + float(self.eps))
