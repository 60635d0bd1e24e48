"""Comparison of arrays."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.types import NdArray, VariableLike
from chainer.variable import as_array

_MAX_PRINTED = 100  # elements of an array that a message shows in full


def assert_allclose(
    x: VariableLike, y: VariableLike, atol: float = 1e-5, rtol: float = 1e-4, verbose: bool = True
) -> None:
    r"""Asserts that two arrays are equal but for small errors: :math:`|x - y| \le atol + rtol |y|`, elementwise.

    Args:
        x: Array (NumPy or CuPy), variable or number: what came out.
        y: Likewise, of the same shape: what was expected. The dtypes may differ; NaN equals NaN.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        verbose: Whether the message shows large arrays too.

    Raises:
        AssertionError: They differ. The message names the element that is furthest out of tolerance.

    Example:
        >>> import numpy as np
        >>> from chainer import testing
        >>> testing.assert_allclose(np.array([1.0, 2.0]), np.array([1.0, 2.00001]))
    """
    actual, expected = _to_numpy(x), _to_numpy(y)
    if actual.shape != expected.shape:
        arrays = (_show("x", actual, verbose), _show("y", expected, verbose))
        raise AssertionError("\n".join([f"shapes differ: {actual.shape} and {expected.shape}", *arrays]))
    close = numpy.isclose(_widen(actual), _widen(expected), rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return
    raise AssertionError(_explain(actual, expected, close, atol, rtol, verbose))


def as_noncontiguous_array(x: NdArray | None) -> NdArray | None:
    """A copy of an array with gaps between its elements; one that cannot have any, as it is."""
    if x is None or x.size <= 1:
        return x
    gapped = numpy.empty((*x.shape[:-1], x.shape[-1] * 2), x.dtype)[..., ::2]
    gapped[...] = x
    return gapped


def _to_numpy(x: Any) -> numpy.ndarray[Any, Any]:
    return numpy.asarray(backend.CpuDevice().send(as_array(x)))


def _widen(x: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """In at least double precision, where differences of float16 or uint8 neither overflow nor round."""
    return x.astype(numpy.promote_types(x.dtype, numpy.float64), copy=False)


def _explain(actual: Any, expected: Any, close: Any, atol: float, rtol: float, verbose: bool) -> str:
    wide_x, wide_y = _widen(actual), _widen(expected)
    with numpy.errstate(all="ignore"):
        error = numpy.abs(wide_x - wide_y)
        excess = error - (atol + rtol * numpy.abs(wide_y))
        relative = error / numpy.abs(wide_y)
    excess = numpy.where(close, -numpy.inf, numpy.where(numpy.isnan(excess), numpy.inf, excess))
    index = tuple(int(i) for i in numpy.unravel_index(int(excess.argmax()), excess.shape))
    return "\n".join(
        [
            f"arrays differ in {close.size - int(close.sum())} of {close.size} elements (atol={atol} rtol={rtol})",
            f"  shape: {actual.shape}",
            f"  dtype: {actual.dtype} {expected.dtype}",
            f"  worst element: {index}",
            f"  x[i]: {actual[index]}",
            f"  y[i]: {expected[index]}",
            f"  absolute error[i]: {error[index]}",
            f"  relative error[i]: {relative[index]}",
            _show("x", actual, verbose),
            _show("y", expected, verbose),
        ]
    )


def _show(name: str, array: Any, verbose: bool) -> str:
    if array.size > _MAX_PRINTED and not verbose:
        return f"{name}: {array.dtype} {array.shape}"
    return f"{name}: {numpy.array2string(array, prefix=f'{name}: ', threshold=1000)}"
