"""Copies to another device that gradients flow through."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, DeviceSpec, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Copy(FunctionNode):
    """Node of :func:`copy`.

    Args:
        in_device: Device of the input.
        out_device: Device of the output.
    """

    def __init__(self, in_device: backend.Device, out_device: backend.Device) -> None:
        self._in_device = in_device
        self._out_device = out_device

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        return (self._out_device.send(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Copy(self._out_device, self._in_device).apply(grad_outputs)


def copy(x: VariableLike, dst: DeviceSpec) -> Variable:
    """Copies an array to a device; its gradient is copied back.

    Args:
        x: Variable or array.
        dst: Device, as for :func:`chainer.get_device`; also the index of a GPU, or -1 for the CPU.

    Returns:
        Variable on that device. If ``x`` is there already, the two share their array.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.copy(np.array([1, 2], np.float32), "@numpy")
        variable([1., 2.])
    """
    if isinstance(dst, int):
        dst = "@numpy" if dst < 0 else f"@cupy:{dst}"
    return Copy(backend.get_device_from_array(x), backend.get_device(dst)).apply((x,))[0]
