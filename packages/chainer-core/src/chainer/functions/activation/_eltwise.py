"""How elementwise activations ask for a kernel.

One kernel serves all of them: ``eltwise(x, name, *parameters)`` returns the values, and
``eltwise_backward(y, gy, name, *parameters)`` the gradient, computed from the values. Either returns ``None`` for a
name that it does not know.
"""

from __future__ import annotations

from chainer.backends import kernels
from chainer.types import NdArray


def eltwise(x: NdArray, name: str, *parameters: float) -> NdArray | None:
    """Values of the activation of this name, or ``None`` if no kernel serves it."""
    kernel = kernels.find("eltwise", x)
    return None if kernel is None else kernel(x, name, *parameters)


def eltwise_backward(y: NdArray, gy: NdArray, name: str, *parameters: float) -> NdArray | None:
    """Gradient of the input of the activation of this name from its output, or ``None`` if no kernel serves it."""
    kernel = kernels.find("eltwise_backward", y)
    return None if kernel is None else kernel(y, gy, name, *parameters)
