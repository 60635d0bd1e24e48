"""What distributions with named parameters have in common: broadcasting, noise, and the edges of the support."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy

from chainer.distribution import Distribution
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.where import where
from chainer.types import NdArray, Shape, VariableLike
from chainer.utils.cache import cached_property
from chainer.variable import Variable, as_variable


class parameter(cached_property):
    """Attribute that holds a parameter as it was given, broadcast to the batch shape.

    Args:
        meaning: Documentation of the attribute.
        event_ndim: How many of its last axes belong to one distribution.
        otherwise: Function of the distribution that computes the parameter when others were given in its stead.
    """

    def __init__(self, meaning: str, event_ndim: int = 0, otherwise: Callable[[Any], Variable] | None = None) -> None:
        super().__init__(self._value)
        self.__doc__ = meaning
        self.event_ndim = event_ndim
        self.otherwise = otherwise

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name

    def _value(self, distribution: Parametric) -> Variable:
        given = distribution._given.get(self.__name__)
        if given is None:
            assert self.otherwise is not None
            return self.otherwise(distribution)
        return broadcast_to(given, distribution.batch_shape + self.event_shape(given))

    def batch_shape(self, given: Variable) -> Shape:
        """The part of a shape that counts distributions."""
        return given.shape[: given.ndim - self.event_ndim]

    def event_shape(self, given: Variable) -> Shape:
        """The part of a shape that belongs to one distribution."""
        return given.shape[given.ndim - self.event_ndim :]


class Parametric(Distribution):
    """A distribution with parameters, declared in the class as :class:`parameter` attributes.

    Args:
        given: The parameters, variables or arrays; ``None`` for one that is computed from the others.

    Raises:
        TypeError: One is neither.
    """

    _names: tuple[str, ...]  # of the parameters in `params`
    _support: ClassVar[str]

    def __init__(self, **given: VariableLike | None) -> None:
        self._given = {name: as_variable(value) for name, value in given.items() if value is not None}

    @cached_property
    def batch_shape(self) -> Shape:
        attributes = type(self)
        shapes = [getattr(attributes, name).batch_shape(value) for name, value in self._given.items()]
        try:
            return numpy.broadcast_shapes(*shapes)
        except ValueError:
            described = ", ".join(f"{name} {value.shape}" for name, value in self._given.items())
            raise ValueError(
                f"the parameters of {attributes.__name__} must have shapes that broadcast, got {described}"
            ) from None

    @property
    def event_shape(self) -> Shape:
        return ()

    @property
    def params(self) -> dict[str, Variable]:
        return {name: getattr(self, name) for name in self._names}

    @property
    def support(self) -> str:
        return self._support

    @property
    def _dtype(self) -> Any:
        return next(iter(self._given.values())).dtype

    def _draw(self, sampler: str, n: int, *arguments: NdArray) -> NdArray:
        """``n`` draws for each distribution, in the dtype of the parameters, from a function of ``xp.random``."""
        draw = getattr(self.xp.random, sampler)
        array: NdArray = draw(*arguments, size=(n, *self.batch_shape))
        return array.astype(self._dtype, copy=False)

    def _observed(self, x: VariableLike) -> Variable:
        """Outcomes as a variable; what is not of a float dtype takes that of the parameters."""
        x = as_variable(x)
        return x if x.dtype.kind == "f" else as_variable(x.array.astype(self._dtype))


def inside_or(inside: NdArray, x: VariableLike, other: VariableLike | float) -> Variable:
    """``x`` where a condition holds, elsewhere ``other``: no value and no gradient comes from the wrong side."""
    x = as_variable(x)
    xp = x.xp
    # Comparing 0-d arrays makes scalars, which `where` does not take.
    return where(xp.asarray(inside), x, xp.asarray(other, x.dtype) if isinstance(other, float) else other)


def constant_like(x: Variable, value: float) -> Variable:
    """A constant of the shape and dtype of a variable."""
    return as_variable(x.xp.full(x.shape, value, x.dtype))
