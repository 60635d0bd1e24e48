"""What a device is: the base class, the CPU, and the reading of device specifiers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy

from chainer.types import DeviceSpec, NdArray

_thread_local = threading.local()
_parsers: list[Callable[[object], Device | None]] = []


class Device:
    """A place where arrays live, as a context manager that makes it current.

    Subclasses say which array module serves them (:attr:`xp`), and how an array gets there.
    """

    @property
    def name(self) -> str:
        """The specifier that :func:`chainer.get_device` turns into this device."""
        raise NotImplementedError

    @property
    def xp(self) -> Any:
        """Array module of this device: ``numpy`` or ``cupy``."""
        raise NotImplementedError

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        """Types of the arrays that can live here."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.name

    def __ne__(self, other: object) -> bool:
        return not self == other

    def create_context(self) -> Any:
        """A context manager in which new arrays are made on this device."""
        return contextlib.nullcontext(self)

    def __enter__(self) -> Device:
        """Not the way in: ``using_device`` is, since it restores what was current before."""
        raise RuntimeError("a device is not a context manager itself; use `with chainer.using_device(device):`")

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        raise RuntimeError("a device is not a context manager itself; use `with chainer.using_device(device):`")

    def send(self, arrays: Any) -> Any:
        """Moves arrays here: an array, a scalar, ``None``, a ``Variable``, or a list, tuple or dict of them.

        An array that is here already is returned as it is, not copied.
        """
        if isinstance(arrays, list | tuple):
            return type(arrays)([self.send(a) for a in arrays])
        if isinstance(arrays, dict):
            return {key: self.send(a) for key, a in arrays.items()}
        if arrays is None:
            return None
        return self.send_array(arrays)

    def send_array(self, array: NdArray) -> NdArray:
        """Moves one array here."""
        raise NotImplementedError

    def use(self) -> None:
        """Makes this device current, until another one is."""

    def is_array_supported(self, array: object) -> bool:
        """Whether ``array`` lives on this device."""
        raise NotImplementedError


class CpuDevice(Device):
    """The CPU with NumPy arrays, written ``@numpy``."""

    @classmethod
    def from_array(cls, array: object) -> CpuDevice | None:
        """The CPU if ``array`` is a NumPy array, else ``None``."""
        return CpuDevice() if isinstance(array, numpy.ndarray) else None

    @property
    def name(self) -> str:
        return "@numpy"

    @property
    def xp(self) -> Any:
        return numpy

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        return (numpy.ndarray,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CpuDevice) and type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (numpy)>"

    def send_array(self, array: NdArray) -> NdArray:
        from chainer.backends import cuda

        if isinstance(array, numpy.ndarray):
            return array
        if isinstance(array, cuda.ndarray):
            return cuda.to_cpu(array)
        if isinstance(array, numpy.generic | float | int | bool | complex):
            return numpy.asarray(array)
        raise TypeError(f"cannot send a {type(array).__name__} to {self.name}; expected an array or a scalar")

    def is_array_supported(self, array: object) -> bool:
        return isinstance(array, numpy.ndarray)


def register_device_parser(parser: Callable[[object], Device | None]) -> None:
    """Lets a backend read the specifiers of its devices; it returns ``None`` for all others."""
    _parsers.append(parser)


def _parse_cpu(spec: object) -> Device | None:
    if isinstance(spec, str) and spec == "@numpy":
        return CpuDevice()
    if isinstance(spec, int | numpy.integer) and not isinstance(spec, bool) and spec < 0:
        return CpuDevice()
    if isinstance(spec, tuple) and len(spec) == 2 and spec[0] is numpy:
        return CpuDevice()
    return None


register_device_parser(_parse_cpu)


def get_device(device_spec: DeviceSpec) -> Device:
    """Turns a specifier into a device.

    Args:
        device_spec: A :class:`Device` (returned as it is); ``'@numpy'``, ``'@intel64'`` or ``'@cupy:N'``;
            an integer as old scripts use it (negative: CPU, else the index of a GPU); a
            ``cupy.cuda.Device``.

    Raises:
        TypeError: Not a device specifier, but something of another type.
        ValueError: Not a device specifier.
        RuntimeError: The device is not there.

    Example:
        >>> import chainer
        >>> chainer.get_device("@numpy")
        <CpuDevice (numpy)>
    """
    if isinstance(device_spec, Device):
        return device_spec
    # A GPU's index may be written as a string on a command line: `--device 0`, `--device -1`.
    if isinstance(device_spec, str) and device_spec.lstrip("-").isdigit():
        device_spec = int(device_spec)
    for parse in _parsers:
        device = parse(device_spec)
        if device is not None:
            return device
    if isinstance(device_spec, str) and device_spec.split(":")[0] in ("native", "cuda"):
        raise RuntimeError(
            f"{device_spec!r} is a ChainerX device, and ChainerX has been discontinued; "
            "use '@numpy' for the CPU or '@cupy:0' for the first GPU"
        )
    raise (ValueError if isinstance(device_spec, str | int) else TypeError)(
        f"{device_spec!r} is not a device specifier; expected '@numpy', '@intel64', '@cupy:N', or an integer "
        "(-1 for the CPU, else the index of a GPU)"
    )


def current_device() -> Device:
    """The device that ``using_device`` made current in this thread, else the CPU."""
    return getattr(_thread_local, "device", None) or CpuDevice()


@contextlib.contextmanager
def _using(device: Device) -> Any:
    before = getattr(_thread_local, "device", None)
    _thread_local.device = device
    try:
        with device.create_context():
            yield device
    finally:
        _thread_local.device = before


def using_device(device_spec: DeviceSpec) -> contextlib.AbstractContextManager[Device]:
    """Context manager that makes a device current: new arrays and parameters are made there.

    Args:
        device_spec: As for :func:`get_device`.

    Example:
        >>> import chainer
        >>> with chainer.using_device("@numpy"):
        ...     layer = chainer.links.Linear(3, 2)
    """
    return _using(get_device(device_spec))
