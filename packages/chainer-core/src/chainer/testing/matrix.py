"""Random matrices of chosen singular values."""

from __future__ import annotations

from typing import Any

import numpy

from chainer.types import DTypeSpec, NdArray, Shape


def generate_matrix(shape: Shape, dtype: DTypeSpec = float, *, singular_values: Any) -> NdArray:
    r"""Random matrices :math:`U \Sigma V^*` with the given :math:`\Sigma`, from NumPy's global state.

    Args:
        shape: Shape ``(..., m, n)``.
        dtype: A real or complex floating point dtype.
        singular_values: Not negative, of a shape that broadcasts to ``(..., min(m, n))``.

    Raises:
        TypeError: ``dtype`` is of another kind.
        ValueError: ``shape`` has fewer than two axes, or a singular value is negative.

    Example:
        >>> import numpy as np
        >>> from chainer import testing
        >>> np.linalg.svd(testing.generate_matrix((2, 3), singular_values=(2.0, 1.0)), compute_uv=False).round(6)
        array([2., 1.])
    """
    if len(shape) < 2:
        raise ValueError(f"shape must have at least two axes, got {shape}")
    kind = numpy.dtype(dtype).kind
    if kind not in "fc":
        raise TypeError(f"dtype must be real or complex floating point, got {numpy.dtype(dtype)}")
    values = numpy.asarray(singular_values)
    if (values < 0).any():
        raise ValueError(f"singular_values must not be negative, got {singular_values}")
    values = numpy.broadcast_to(values, (*shape[:-2], min(shape[-2:])))
    noise: Any = numpy.random.standard_normal(shape)
    if kind == "c":
        noise = noise + 1j * numpy.random.standard_normal(shape)
    u, _, vh = numpy.linalg.svd(noise, full_matrices=False)
    return ((u * values[..., None, :]) @ vh).astype(dtype)
