"""What fills parameters: one distribution a module."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer._device import Device
from chainer._mixed16 import get_dtype
from chainer.initializer import Initializer as Initializer
from chainer.initializer import get_fans as get_fans
from chainer.initializers.constant import Constant as Constant
from chainer.initializers.constant import Identity as Identity
from chainer.initializers.constant import NaN as NaN
from chainer.initializers.constant import One as One
from chainer.initializers.constant import Zero as Zero
from chainer.initializers.normal import GlorotNormal as GlorotNormal
from chainer.initializers.normal import HeNormal as HeNormal
from chainer.initializers.normal import LeCunNormal as LeCunNormal
from chainer.initializers.normal import Normal as Normal
from chainer.initializers.orthogonal import Orthogonal as Orthogonal
from chainer.initializers.sampling import DownsamplingConvFilter as DownsamplingConvFilter
from chainer.initializers.sampling import UpsamplingDeconvFilter as UpsamplingDeconvFilter
from chainer.initializers.uniform import GlorotUniform as GlorotUniform
from chainer.initializers.uniform import HeUniform as HeUniform
from chainer.initializers.uniform import LeCunUniform as LeCunUniform
from chainer.initializers.uniform import Uniform as Uniform
from chainer.types import DTypeSpec, InitializerLike, NdArray, Shape


def generate_array(
    initializer: InitializerLike, shape: Shape, xp: Any, dtype: DTypeSpec = None, device: Device | str | None = None
) -> NdArray:
    """Makes an array and lets an initializer fill it.

    Args:
        initializer: Callable that fills an array in place.
        shape: Shape of the array.
        xp: Array module, ``numpy`` or ``cupy``.
        dtype: Dtype of the array; ``None`` takes the initializer's, or else the configured one.
        device: Device to make it on; ``None`` is the current one.

    Raises:
        ValueError: ``dtype`` and the initializer's dtype differ.

    Example:
        >>> import numpy as np
        >>> from chainer import initializers
        >>> initializers.generate_array(initializers.Constant(3), (2,), np)
        array([3., 3.], dtype=float32)
    """
    wanted = getattr(initializer, "dtype", None)
    if dtype is not None and wanted is not None and get_dtype(dtype) != get_dtype(wanted):
        raise ValueError(f"dtype mismatch: {dtype} != {wanted} of the initializer")
    resolved = get_dtype(wanted if dtype is None else dtype)
    if device is None:
        array = xp.empty(shape, resolved)
        initializer(array)  # type: ignore[operator, misc]
        return array
    with backend.using_device(device):
        array = xp.empty(shape, resolved)
        initializer(array)  # type: ignore[operator, misc]
    return array


def get_initializer(initializer: InitializerLike, default: Any = None) -> Any:
    """Turns what links take for an initial value into an initializer.

    Args:
        initializer: An initializer or other callable that fills an array; a scalar or an array, which become
            :class:`Constant`; or ``None``.
        default: What ``None`` becomes; :class:`LeCunNormal` unless given.

    Raises:
        TypeError: None of these.
    """
    if initializer is None:
        return LeCunNormal() if default is None else get_initializer(default)
    if isinstance(initializer, int | float | numpy.number | numpy.ndarray | backend.cuda.ndarray):
        return Constant(initializer)
    if not callable(initializer):
        raise TypeError(
            f"invalid type of initializer: {type(initializer).__name__}; expected a callable, scalar or array"
        )
    return initializer


_get_initializer = get_initializer  # the name under which links of third parties call it
