"""Devices and array modules: what every function asks of the array it is given."""

from __future__ import annotations

from typing import Any

import numpy

from chainer._device import CpuDevice, Device, current_device, get_device, using_device
from chainer.backends import cuda, intel64
from chainer.backends.cuda import GpuDevice
from chainer.backends.intel64 import Intel64Device
from chainer.configuration import config
from chainer.types import NdArray

__all__ = [
    "CpuDevice",
    "Device",
    "GpuDevice",
    "Intel64Device",
    "copyto",
    "cuda",
    "current_device",
    "get_array_module",
    "get_array_types",
    "get_compute_mode",
    "get_cpu_array_types",
    "get_device",
    "get_device_from_array",
    "intel64",
    "is_arrays_compatible",
    "using_device",
]

_cupy_ndarray: type = cuda.ndarray


def get_array_module(*args: Any) -> Any:
    """``cupy`` if an argument is on a GPU, else ``numpy``.

    Args:
        args: Arrays, Variables, or anything else, which counts as being on the CPU.

    Example:
        >>> import chainer, numpy as np
        >>> chainer.backend.get_array_module(np.zeros(3)) is np
        True
    """
    if cuda.available:  # pragma: no cover - needs a GPU
        for arg in args:
            if isinstance(getattr(arg, "raw_array", arg), _cupy_ndarray):
                return cuda.cupy
    return numpy


def get_device_from_array(*arrays: Any) -> Device:
    """Device of the first argument that is an array; the CPU if none is.

    Args:
        arrays: Arrays or Variables.
    """
    for array in arrays:
        device = GpuDevice.from_array(getattr(array, "raw_array", array))
        if device is not None:
            return device
    return CpuDevice()


def copyto(dst: NdArray, src: NdArray) -> None:
    """Copies the values of one array into another, across devices and dtypes.

    Args:
        dst: Array to write to.
        src: Array to read from, of a shape that can be broadcast to that of ``dst``.

    Raises:
        TypeError: An argument is not an array.
    """
    if isinstance(dst, numpy.ndarray):
        numpy.copyto(dst, cuda.to_cpu(src), casting="unsafe")
    elif isinstance(dst, _cupy_ndarray):
        if isinstance(src, numpy.ndarray):
            with dst.device:  # type: ignore[attr-defined]
                src = cuda.cupy.asarray(src)
        cuda.cupy.copyto(dst, src, casting="unsafe")
    else:
        raise TypeError(f"cannot copy into a {type(dst).__name__}; expected a NumPy or CuPy array")


def get_cpu_array_types() -> tuple[type, ...]:
    """Types of the arrays that live on the CPU."""
    return (numpy.ndarray,)


def get_array_types() -> tuple[type, ...]:
    """Types of all arrays that a Variable can hold."""
    return (numpy.ndarray, _cupy_ndarray)


def is_arrays_compatible(arrays: Any) -> bool:
    """Whether all arrays (``None`` counts for nothing) live on one kind of device."""
    present = [a for a in arrays if a is not None]
    return all(isinstance(a, numpy.ndarray) for a in present) or all(isinstance(a, _cupy_ndarray) for a in present)


def get_compute_mode() -> str | None:
    """Precision in which GPU libraries compute, ``chainer.config.compute_mode``; ``None`` leaves it to them."""
    mode: str | None = config.compute_mode
    return mode
