"""The CPU with accelerated kernels: the public face of ``chainer.config.use_ideep``.

The last release sped up CPUs through iDeep, whose arrays were of a type of their
own. Here fast CPU kernels serve plain NumPy arrays (see
:mod:`chainer.backends.kernels`), so the names of this module remain and :class:`mdarray`
is a type that nothing is an instance of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import _device
from chainer.backends import kernels
from chainer.configuration import config


class mdarray:
    """Stands for the array type of iDeep, which is gone; has no instances."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("ideep4py.mdarray is gone: accelerated kernels work on numpy.ndarray")


class Intel64Device(_device.CpuDevice):
    """The CPU with accelerated kernels, written ``@intel64``.

    Raises:
        RuntimeError: No kernel plug-in for the CPU is installed.
    """

    def __init__(self) -> None:
        check_ideep_available()

    @property
    def name(self) -> str:
        return "@intel64"

    def __repr__(self) -> str:
        return "<Intel64Device>"


def _parse_device(spec: object) -> _device.Device | None:
    return Intel64Device() if isinstance(spec, str) and spec == "@intel64" else None


_device.register_device_parser(_parse_device)


def is_ideep_available() -> bool:
    """Whether accelerated CPU kernels are installed."""
    return kernels.serves_cpu()


def check_ideep_available() -> None:
    """Raises an error that tells the way out if no accelerated CPU kernel is installed.

    Raises:
        RuntimeError: There is none.
    """
    if not is_ideep_available():
        raise RuntimeError(
            "iDeep is not available: no accelerated CPU kernel is registered; install chainer-onednn-ext, "
            "or use the device '@numpy'"
        )


_LEVELS = {
    "==always": {"always": True, "auto": False, "never": False},
    ">=auto": {"always": True, "auto": True, "never": False},
}


def should_use_ideep(level: str) -> bool:
    """Whether accelerated CPU kernels are there and ``chainer.config.use_ideep`` allows them.

    Args:
        level: ``'==always'`` or ``'>=auto'``: what the configuration has to be at least.

    Raises:
        ValueError: An unknown ``level`` or configured value.
    """
    if level not in _LEVELS:
        raise ValueError(f"level must be one of {', '.join(_LEVELS)}, got {level!r}")
    allowed = _LEVELS[level]
    if config.use_ideep not in allowed:
        raise ValueError(f"chainer.config.use_ideep must be one of {', '.join(allowed)}, got {config.use_ideep!r}")
    return allowed[config.use_ideep] and is_ideep_available()


def inputs_all_ready(inputs: Sequence[Any], supported_ndim: Sequence[int] = (2, 4)) -> bool:
    """Whether iDeep's own kernels take these arrays: never, since plain arrays are served instead."""
    return False
