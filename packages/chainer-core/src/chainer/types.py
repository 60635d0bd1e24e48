"""Type aliases shared by signatures all over the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy

if TYPE_CHECKING:
    from chainer.backend import Device
    from chainer.initializer import Initializer
    from chainer.variable import Variable

NdArray: TypeAlias = Any
"""``numpy.ndarray`` or ``cupy.ndarray``."""

Arrays: TypeAlias = tuple[NdArray, ...]
"""The raw arrays that flow through ``FunctionNode.forward``."""

Shape: TypeAlias = tuple[int, ...]
DTypeSpec: TypeAlias = Any
"""Whatever ``numpy.dtype`` accepts, and ``chainer.mixed16``."""

ScalarValue: TypeAlias = float | int | numpy.generic

Variables: TypeAlias = "tuple[Variable | None, ...]"
"""Gradients in ``FunctionNode.backward``: ``None`` means zero, at no cost."""

VariableLike: TypeAlias = "Variable | NdArray"
DeviceSpec: TypeAlias = "Device | str | int | tuple[Any, ...] | numpy.integer[Any]"


@runtime_checkable
class AbstractInitializer(Protocol):
    """Anything callable that fills an array in place and names the dtype it wants."""

    dtype: DTypeSpec = None

    def __call__(self, array: NdArray) -> None: ...


InitializerLike: TypeAlias = (
    "Initializer | AbstractInitializer | Callable[[NdArray], None] | ScalarValue | NdArray | None"
)
AxisLike: TypeAlias = int | Sequence[int] | None
