"""Arrays in a plug-in's own layout, on their way from one of its kernels to the next.

Images go through a network fastest in an order of memory that suits the processor, and several steps in a row can be
computed in one pass. A plug-in may therefore let its kernels return a :class:`RawArray` instead of a plain array. Only
a :class:`~chainer.FunctionNode` that says ``takes_raw`` ever sees one; ``Variable.array``, hooks, and all other
functions see plain arrays, made on first touch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy

from chainer import function_hook
from chainer.configuration import config
from chainer.types import NdArray, Shape


class RawArray:
    """Base of the arrays in a layout of their own; a plug-in says in a subclass how they lie.

    A raw array stands for one buffer. Whoever asks for :attr:`array` turns it into a plain one, for all who hold it:
    what is written into that array is seen by every function that had retained it, as with plain arrays.

    Attributes:
        shape: Shape of the plain array.
        dtype: Its dtype.
    """

    __slots__ = ("__weakref__", "_plain", "dtype", "shape")

    # Operators between plain and raw arrays are left to us instead of being tried element by element.
    __array_ufunc__: ClassVar[None] = None

    def __init__(self, shape: Shape, dtype: Any) -> None:
        self.shape = shape
        self.dtype = numpy.dtype(dtype)
        self._plain: NdArray | None = None

    def _unpack(self) -> NdArray:
        """The elements as a plain array, C-contiguous and of nobody else; called once, and forgets the raw ones."""
        raise NotImplementedError

    @property
    def array(self) -> NdArray:
        """The plain array, the same one every time."""
        if self._plain is None:
            self._plain = self._unpack()
        return self._plain

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        n = 1
        for length in self.shape:
            n *= length
        return n

    @property
    def nbytes(self) -> int:
        """Number of bytes of the elements."""
        return self.size * int(self.dtype.itemsize)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NdArray:
        return numpy.array(self.array, dtype=dtype, copy=copy)

    # What gradients need on their way back. A subclass may know better.

    def sum(self, axis: Any = None) -> Any:
        """Sum over axes, as a plain array."""
        return self.array.sum(axis=axis)

    def __getitem__(self, key: Any) -> Any:
        return self.array[key]

    def __add__(self, other: Any) -> Any:
        return self.array + plain(other)

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __mul__(self, other: Any) -> Any:
        return self.array * plain(other)

    def __rmul__(self, other: Any) -> Any:
        return self * other


_entrance: Callable[[NdArray], NdArray] | None = None


def register_entrance(entrance: Callable[[NdArray], Any]) -> None:
    """Tells how plain arrays become raw ones; what a plug-in calls.

    Args:
        entrance: Called with a plain array, returns a raw one, or the array itself where that does not pay.
    """
    global _entrance
    _entrance = entrance


def enter(x: NdArray) -> NdArray:
    """The raw form of an array, if a plug-in has one for it that pays; else the array as it is.

    Called at the head of functions after which a chain of kernels is to be expected, such as convolutions. While a
    hook or debug mode watches, everything stays plain.
    """
    if _entrance is None or isinstance(x, RawArray) or function_hook.is_watched() or config.use_ideep == "never":
        return x
    return _entrance(x)


def plain(x: Any) -> Any:
    """The plain array of a raw one; anything else as it is."""
    return x.array if isinstance(x, RawArray) else x
