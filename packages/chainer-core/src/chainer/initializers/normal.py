"""Normal distributions, with a standard deviation that fits the shape."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.initializer import Initializer, get_fans
from chainer.types import DTypeSpec, NdArray, Shape
from chainer.utils.argument import parse_kwargs


class Normal(Initializer):
    r"""Fills an array with samples of :math:`N(0, \mathrm{scale}^2)`.

    Args:
        scale: Standard deviation.
        dtype: Dtype of the array to fill.
        rng: Keyword only: a generator with a method ``normal``; by default the global one of the array module.
    """

    def __init__(self, scale: float = 0.05, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        (self.rng,) = parse_kwargs(kwargs, ("rng", None))
        self.scale = scale
        super().__init__(dtype)

    def _std(self, shape: Shape) -> float:
        return self.scale

    def __call__(self, array: NdArray) -> None:
        source = backend.get_array_module(array).random if self.rng is None else self.rng
        backend.copyto(array, source.normal(loc=0.0, scale=self._std(array.shape), size=array.shape))


class GlorotNormal(Normal):
    r"""Normal with :math:`\sigma = \mathrm{scale} \sqrt{2 / (\mathrm{fan_{in}} + \mathrm{fan_{out}})}`.

    Args:
        scale: Factor on the standard deviation.
        dtype: Dtype of the array to fill.
        rng: As for :class:`Normal`.

    References:
        Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        super().__init__(scale, dtype, **kwargs)

    def _std(self, shape: Shape) -> float:
        fan_in, fan_out = get_fans(shape)
        return self.scale * math.sqrt(2.0 / (fan_in + fan_out))


class LeCunNormal(Normal):
    r"""Normal with :math:`\sigma = \mathrm{scale} \sqrt{1 / \mathrm{fan_{in}}}`: what most links start with.

    Args:
        scale: Factor on the standard deviation.
        dtype: Dtype of the array to fill.
        rng: As for :class:`Normal`.

    References:
        LeCun et al., *Efficient BackProp*, 1998.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        super().__init__(scale, dtype, **kwargs)

    def _std(self, shape: Shape) -> float:
        return self.scale * math.sqrt(1.0 / get_fans(shape)[0])


class HeNormal(Normal):
    r"""Normal with :math:`\sigma = \mathrm{scale} \sqrt{2 / \mathrm{fan}}`, for layers before a ReLU.

    Args:
        scale: Factor on the standard deviation.
        dtype: Dtype of the array to fill.
        fan_option: ``'fan_in'`` keeps the variance of activations, ``'fan_out'`` that of gradients.
        rng: As for :class:`Normal`.

    Raises:
        ValueError: Another ``fan_option``.

    References:
        He et al., *Delving Deep into Rectifiers*, arXiv:1502.01852.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, fan_option: str = "fan_in", **kwargs: Any) -> None:
        if fan_option not in ("fan_in", "fan_out"):
            raise ValueError(f"fan_option should be either 'fan_in' or 'fan_out', got {fan_option!r}")
        self.fan_option = fan_option
        super().__init__(scale, dtype, **kwargs)

    def _std(self, shape: Shape) -> float:
        fan = get_fans(shape)[0 if self.fan_option == "fan_in" else 1]
        return self.scale * math.sqrt(2.0 / fan)
