"""Devices by number."""

from __future__ import annotations

from typing import Any

import chainer


def get_device(device_id: int | None = None, use_chainerx: bool = False) -> Any:
    """The device of a GPU's number, or the CPU.

    Args:
        device_id: Number of the GPU; ``None`` is the CPU.
        use_chainerx: ChainerX is discontinued: only ``False`` works.

    Example:
        >>> from chainermn.testing.device import get_device
        >>> get_device()
        <CpuDevice (numpy)>
    """
    name = "@numpy" if device_id is None else f"@cupy:{device_id}"
    if use_chainerx:
        name = "native" if device_id is None else f"cuda:{device_id}"
    return chainer.get_device(name)
