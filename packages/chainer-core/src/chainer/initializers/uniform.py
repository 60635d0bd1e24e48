"""Uniform distributions, with a width that fits the shape."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.initializer import Initializer, get_fans
from chainer.types import DTypeSpec, NdArray, Shape
from chainer.utils.argument import parse_kwargs


class Uniform(Initializer):
    r"""Fills an array with samples from :math:`[-\mathrm{scale}, \mathrm{scale}]`.

    Args:
        scale: Half the width of the interval.
        dtype: Dtype of the array to fill.
        rng: Keyword only: a generator with a method ``uniform``; by default the global one of the array module.
    """

    def __init__(self, scale: float = 0.05, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        (self.rng,) = parse_kwargs(kwargs, ("rng", None))
        self.scale = scale
        super().__init__(dtype)

    def _limit(self, shape: Shape) -> float:
        return self.scale

    def __call__(self, array: NdArray) -> None:
        source = backend.get_array_module(array).random if self.rng is None else self.rng
        limit = self._limit(array.shape)
        backend.copyto(array, source.uniform(low=-limit, high=limit, size=array.shape))


class LeCunUniform(Uniform):
    r"""Uniform with limit :math:`\mathrm{scale} \sqrt{3 / \mathrm{fan_{in}}}`.

    Args:
        scale: Factor on the limit.
        dtype: Dtype of the array to fill.
        rng: As for :class:`Uniform`.

    References:
        LeCun et al., *Efficient BackProp*, 1998.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        super().__init__(scale, dtype, **kwargs)

    def _limit(self, shape: Shape) -> float:
        return self.scale * math.sqrt(3.0 / get_fans(shape)[0])


class GlorotUniform(Uniform):
    r"""Uniform with limit :math:`\mathrm{scale} \sqrt{6 / (\mathrm{fan_{in}} + \mathrm{fan_{out}})}`.

    Args:
        scale: Factor on the limit.
        dtype: Dtype of the array to fill.
        rng: As for :class:`Uniform`.

    References:
        Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS 2010.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        super().__init__(scale, dtype, **kwargs)

    def _limit(self, shape: Shape) -> float:
        fan_in, fan_out = get_fans(shape)
        return self.scale * math.sqrt(6.0 / (fan_in + fan_out))


class HeUniform(Uniform):
    r"""Uniform with limit :math:`\mathrm{scale} \sqrt{6 / \mathrm{fan_{in}}}`, for layers before a ReLU.

    Args:
        scale: Factor on the limit.
        dtype: Dtype of the array to fill.
        rng: As for :class:`Uniform`.

    References:
        He et al., *Delving Deep into Rectifiers*, arXiv:1502.01852.
    """

    def __init__(self, scale: float = 1.0, dtype: DTypeSpec = None, **kwargs: Any) -> None:
        super().__init__(scale, dtype, **kwargs)

    def _limit(self, shape: Shape) -> float:
        return self.scale * math.sqrt(6.0 / get_fans(shape)[0])
