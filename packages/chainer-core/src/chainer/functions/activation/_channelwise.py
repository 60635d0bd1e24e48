"""Parameters of activations: one for each channel, or one for any leading axes after the batch."""

from __future__ import annotations

from typing import Any

from chainer.types import NdArray, Shape
from chainer.utils import type_check


def expect_parameter(x_type: Any, parameter_type: Any) -> None:
    """Requires a parameter of the dtype of ``x``, and of the shape of its first axes but the batch axis."""
    type_check.expect(
        x_type.dtype.kind == "f",
        parameter_type.dtype == x_type.dtype,
        x_type.ndim >= parameter_type.ndim + 1,
        parameter_type.shape == x_type.shape[1 : 1 + type_check.eval(parameter_type.ndim)],
    )


def extended_shape(x: NdArray, parameter: NdArray) -> Shape:
    """Shape that lets the parameter broadcast against ``x``."""
    return (1, *parameter.shape, *(1,) * (x.ndim - parameter.ndim - 1))


def reduced_axes(x: NdArray, parameter: NdArray) -> tuple[int, ...]:
    """Axes of ``x`` along which the parameter is the same."""
    return (0, *range(1 + parameter.ndim, x.ndim))
