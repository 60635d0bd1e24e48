"""Converters: from a mini-batch of examples to the arrays a model takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from chainer.backend import Device, get_device
from chainer.backends.cuda import GpuDevice
from chainer.dataset._async_transfer import ConcatWithAsyncTransfer, Conveyor
from chainer.dataset._concat import concat_examples_func, to_device
from chainer.types import DeviceSpec

__all__ = [
    "ConcatWithAsyncTransfer",
    "Converter",
    "Conveyor",
    "concat_examples",
    "concat_examples_func",
    "converter",
    "to_device",
]


class Converter:
    """Base of converters: callables that take a batch and a :class:`chainer.backend.Device`.

    A plain function serves as well, but is called with the device as old scripts know it: ``None``, -1 for the
    CPU or the index of a GPU. Decorate it with :func:`converter` to get the device itself.
    """

    def __call__(self, batch: Any, device: Device | None) -> Any:
        """Turns ``batch`` into arrays on ``device``.

        Args:
            batch: List of examples.
            device: Where the arrays should be; ``None`` leaves them where they are.
        """
        raise NotImplementedError("a subclass of Converter must define __call__(batch, device)")


class _FunctionConverter(Converter):
    """A function as a converter; further arguments pass through."""

    __qualname__: str

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 1:
            batch, device, *rest = args
            if device is not None and not isinstance(device, Device):
                device = get_device(device)
            return self._function(batch, device, *rest, **kwargs)
        device = kwargs.get("device")
        if device is not None:
            kwargs["device"] = get_device(device)
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<converter {self.__module__}.{self.__qualname__}>"

    def __reduce__(self) -> str:
        return self.__qualname__  # like a function, it is found again by its name


def converter() -> Callable[[Callable[..., Any]], Converter]:
    """Decorator that turns a function of a batch and a device into a :class:`Converter`.

    Whatever a caller gives as the device, the function receives ``None`` or a :class:`chainer.backend.Device`.

    Example:
        >>> import numpy as np
        >>> import chainer
        >>> @chainer.dataset.converter()
        ... def stack(batch, device):
        ...     return device.send(np.stack(batch))
        >>> stack([np.zeros(2), np.ones(2)], "@numpy").shape
        (2, 2)
    """
    return _FunctionConverter


@converter()
def concat_examples(batch: Any, device: DeviceSpec | None = None, padding: Any = None) -> Any:
    """Joins the examples of a batch into arrays with one more axis, the batch, in front.

    Examples that are arrays give one array, tuples a tuple of arrays, dicts a dict of arrays. Numbers become
    one-dimensional arrays of NumPy's own dtype (int64, float64, bool).

    Args:
        batch: List of examples, all built alike; the first one decides.
        device: Where to send the arrays; ``None`` leaves them where they are.
        padding: Value that fills up arrays of different shapes to the largest along each axis; a tuple or a
            dict gives one for each part of the examples. ``None``: all shapes must be equal.

    Raises:
        ValueError: The batch is empty, or shapes differ and there is no padding.
        TypeError: A part of an example is neither an array nor a number.

    Example:
        >>> import numpy as np
        >>> from chainer.dataset import concat_examples
        >>> concat_examples([(np.array([1, 2]), 0), (np.array([3]), 1)], padding=(-1, None))
        (array([[ 1,  2],
               [ 3, -1]]), array([0, 1]))
    """
    return concat_examples_func(batch, device, padding)


def _call_converter(convert: Callable[..., Any], batch: Any, device: Device | None) -> Any:
    """Calls a converter, or a plain function with the device in the form of old scripts."""
    if isinstance(convert, Converter) or device is None:
        return convert(batch, device)
    return convert(batch, device.device.id if isinstance(device, GpuDevice) else -1)
