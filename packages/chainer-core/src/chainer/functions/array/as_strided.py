"""Another view of the memory of an array."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _owner(array: NdArray) -> NdArray:
    """The array whose memory an array is a view of."""
    while isinstance(array.base, type(array)):
        array = array.base
    return array


def _address(array: NdArray) -> int:
    address: int = array.ctypes.data if hasattr(array, "ctypes") else array.data.ptr
    return address


class TensorGeometry:
    """Where the elements of an array lie in the memory that it is a view of.

    Attributes:
        shape: Shape of the array.
        strides: Distance of neighbours along each axis, in elements.
        storage_offset: Distance of the first element from the start of the memory, in elements.
        itemsize: Size of an element, in bytes.
    """

    def __init__(self, array: NdArray) -> None:
        self.shape: Shape = array.shape
        self.itemsize: int = array.itemsize
        self.strides: Shape = tuple([s // array.itemsize for s in array.strides])
        self.storage_offset = (_address(array) - _address(_owner(array))) // array.itemsize

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)


def _reach(shape: Shape, strides: Shape, offset: int) -> tuple[int, int]:
    """Smallest and largest index into the memory."""
    steps = [(n - 1) * s for n, s in zip(shape, strides)]
    return offset + sum([min(s, 0) for s in steps]), offset + sum([max(s, 0) for s in steps])


def _positions(xp: Any, shape: Shape, strides: Shape, offset: int) -> NdArray:
    """Index into the memory of each element."""
    positions = xp.full(shape, offset)
    for axis, (n, stride) in enumerate(zip(shape, strides)):
        positions += (xp.arange(n) * stride).reshape(n, *(1,) * (len(shape) - axis - 1))
    return positions


class AsStrided(FunctionNode):
    """Node of :func:`as_strided`.

    Args:
        shape: As for :func:`as_strided`.
        strides: As for :func:`as_strided`.
        storage_offset: As for :func:`as_strided`.
    """

    def __init__(self, shape: Shape, strides: Shape, storage_offset: int | None = None) -> None:
        if len(shape) != len(strides):
            raise ValueError(f"strides must have one entry an axis of shape {tuple(shape)}, got {tuple(strides)}")
        self.shape = tuple(shape)
        self.strides = tuple(strides)
        self.storage_offset = storage_offset

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        self.input_geometry = TensorGeometry(x)
        offset = self.input_geometry.storage_offset if self.storage_offset is None else self.storage_offset
        self.storage_offset = offset
        memory = _owner(x).ravel(order="K").view(x.dtype)
        if 0 not in self.shape:
            first, last = _reach(self.shape, self.strides, offset)
            if first < 0 or last >= memory.size:
                raise ValueError(
                    f"a view of shape {self.shape} with strides {self.strides} from {offset} reaches from {first} to "
                    f"{last}, out of the memory of x, which has {memory.size} elements"
                )
        as_strided = backend.get_array_module(x).lib.stride_tricks.as_strided
        return (as_strided(memory[offset:], self.shape, [s * x.itemsize for s in self.strides]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return AsStridedGrad(self.input_geometry, self.shape, self.strides, self.storage_offset).apply(grad_outputs)  # type: ignore[arg-type]


class AsStridedGrad(FunctionNode):
    """Gradient of :func:`as_strided`, through a vector for the whole memory.

    Args:
        input_geometry: Geometry of the output.
        shape: Shape of the input.
        strides: Distance of neighbours of the input, in elements.
        storage_offset: Place of its first element, in elements.
    """

    def __init__(self, input_geometry: TensorGeometry, shape: Shape, strides: Shape, storage_offset: int) -> None:
        self.input_geometry = input_geometry
        self.shape = shape
        self.strides = strides
        self.storage_offset = storage_offset

    def forward(self, inputs: Arrays) -> Arrays:
        (gy,) = inputs
        xp = backend.get_array_module(gy)
        read, own, size = self._maps(xp)
        memory = xp.zeros(size, gy.dtype)
        xp.add.at(memory, read.reshape(-1), gy.reshape(-1))
        return ((memory / self._n_sharing(xp, own, size, gy.dtype))[own],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return _AsStridedGradGrad(self).apply(grad_outputs)

    def _maps(self, xp: Any) -> tuple[NdArray, NdArray, int]:
        """Places in the memory of what was read, and of the array itself; and how much memory there is to look at."""
        g = self.input_geometry
        read = _positions(xp, self.shape, self.strides, self.storage_offset)
        own = _positions(xp, g.shape, g.strides, g.storage_offset)
        ends = [(int(p.min()), int(p.max())) for p in (read, own) if p.size]
        first = min([end[0] for end in ends], default=0)
        last = max([end[1] for end in ends], default=-1)
        return read - first, own - first, last - first + 1

    def _n_sharing(self, xp: Any, own: NdArray, size: int, dtype: Any) -> NdArray:
        """How many elements of the array each place is shared by, for such as come from broadcasting."""
        return xp.maximum(xp.bincount(own.reshape(-1), minlength=size), 1).astype(dtype)


class _AsStridedGradGrad(FunctionNode):
    """Gradient of :class:`AsStridedGrad`, which is linear: its transpose."""

    def __init__(self, grad: AsStridedGrad) -> None:
        self.grad = grad

    def forward(self, inputs: Arrays) -> Arrays:
        (ggx,) = inputs
        xp = backend.get_array_module(ggx)
        read, own, size = self.grad._maps(xp)
        memory = xp.zeros(size, ggx.dtype)
        xp.add.at(memory, own.reshape(-1), ggx.reshape(-1))
        return ((memory / self.grad._n_sharing(xp, own, size, ggx.dtype))[read],)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        g = self.grad
        return AsStridedGrad(g.input_geometry, g.shape, g.strides, g.storage_offset).apply(grad_outputs)


def as_strided(x: VariableLike, shape: Shape, strides: Shape, storage_offset: int | None = None) -> Variable:
    """Makes another view of the memory of an array.

    Unlike :func:`numpy.lib.stride_tricks.as_strided` it counts in elements, and looks at the whole memory of which
    ``x`` is a view. Gradients flow back into the elements of ``x`` alone.

    Args:
        x: Variable or array.
        shape: Shape of the view.
        strides: Distance of neighbours along each axis, in elements.
        storage_offset: Place of the first element in the memory, in elements; ``None`` for that of ``x``.

    Returns:
        Variable of the dtype of ``x``: a view, whose elements may share memory.

    Raises:
        ValueError: ``shape`` and ``strides`` differ in length, or the view would leave the memory.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.as_strided(np.arange(4, dtype=np.float32), (3, 2), (1, 1))
        variable([[0., 1.],
                  [1., 2.],
                  [2., 3.]])
    """
    return AsStrided(shape, strides, storage_offset).apply((x,))[0]
