"""From a list of examples to one array for each of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from chainer.backend import get_array_module, get_device
from chainer.backends import cuda
from chainer.types import DeviceSpec, NdArray

_GPU_ARRAY: type = cuda.ndarray


def to_device(device: DeviceSpec | None, x: Any) -> Any:
    """Sends an array to a device.

    Args:
        device: A device or what :func:`chainer.get_device` accepts; ``None`` leaves ``x`` where it is.
        x: A NumPy or CuPy array, or a scalar.

    Raises:
        TypeError: ``x`` is no array.

    Example:
        >>> from chainer.dataset import to_device
        >>> to_device("@numpy", 3.0)
        array(3.)
    """
    if device is None:
        return x
    return get_device(device).send_array(x)


def concat_examples_func(batch: Sequence[Any], device: DeviceSpec | None = None, padding: Any = None) -> Any:
    """What :func:`concat_examples` does; see there."""
    if len(batch) == 0:
        raise ValueError("batch is empty: concat_examples needs at least one example")
    target = None if device is None else get_device(device)
    first = batch[0]
    if isinstance(first, tuple):
        paddings = padding if isinstance(padding, tuple) else (padding,) * len(first)
        return tuple([to_device(target, _concat(column, paddings[i])) for i, column in enumerate(_columns(batch))])
    if isinstance(first, dict):
        by_key = padding if isinstance(padding, dict) else dict.fromkeys(first, padding)
        return {key: to_device(target, _concat([example[key] for example in batch], by_key[key])) for key in first}
    return to_device(target, _concat(batch, padding))


def _columns(batch: Sequence[Any]) -> list[Any]:
    try:
        return list(zip(*batch, strict=True))
    except ValueError:
        # The first example decides; parts that only later ones have are left out.
        return [[example[i] for example in batch] for i in range(len(batch[0]))]


def _concat(values: Sequence[Any], padding: Any) -> NdArray:
    first = values[0]
    if isinstance(first, numpy.ndarray | _GPU_ARRAY) and first.ndim:  # type: ignore[attr-defined]
        return _stack(values) if padding is None else _stack_padded(values, padding)
    # Numbers take NumPy's own dtype: int64, float64, bool. Padding has nothing to fill there.
    array = get_array_module(first).asarray(list(values))
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"cannot make an array of {type(first).__name__}: the parts of an example must be arrays or numbers; "
            "convert them in the dataset, or pass a converter of your own"
        )
    return array


def _stack(arrays: Sequence[NdArray]) -> NdArray:
    shape = arrays[0].shape
    for i, array in enumerate(arrays):
        if getattr(array, "shape", None) != shape:
            raise ValueError(
                f"all examples must have the same shape: example 0 has {shape}, example {i} has "
                f"{getattr(array, 'shape', type(array).__name__)}; pass padding to fill up the smaller ones"
            )
    # Concatenation along an axis that is there needs no reshaped view of each array, as stacking would:
    # a third of the time for a batch of 100 vectors.
    return get_array_module(arrays[0]).concatenate(arrays).reshape((len(arrays), *shape))


def _stack_padded(arrays: Sequence[NdArray], padding: Any) -> NdArray:
    first = arrays[0]
    if any(array.ndim != first.ndim for array in arrays):
        ranks = sorted({array.ndim for array in arrays})
        raise ValueError(f"padding fills up lengths, not axes: all examples must have the same ndim, got {ranks}")
    shape = tuple(map(max, zip(*[array.shape for array in arrays])))
    padded = get_array_module(first).full((len(arrays), *shape), padding, dtype=first.dtype)
    for row, array in zip(padded, arrays):
        row[tuple(map(slice, array.shape))] = array
    return padded
