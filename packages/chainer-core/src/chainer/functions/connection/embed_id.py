"""Looking up vectors by integer ids."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.functions._gathered import gather
from chainer.functions.array._scatter import add_at
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class EmbedIDFunction(FunctionNode):
    """Node of :func:`embed_id`."""

    def __init__(self, ignore_label: int | None = None) -> None:
        self.ignore_label = ignore_label

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "W"))
        x_type, w_type = in_types
        type_check.expect(x_type.dtype.kind == "i", x_type.ndim >= 1, w_type.dtype.kind == "f", w_type.ndim == 2)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        x, W = inputs
        self._w_shape = W.shape
        if config.debug:
            self._check_ids(x, len(W))
        if self.ignore_label is None:
            return (W.take(x, axis=0),)
        ignored = x == self.ignore_label
        y = W.take(backend.get_array_module(x).where(ignored, 0, x), axis=0)
        y[ignored] = 0
        return (y,)

    def _check_ids(self, x: NdArray, n: int) -> None:
        # On a GPU an id out of range reads other memory and waits for nobody; here it is worth waiting for.
        valid = (x >= 0) & (x < n)
        if self.ignore_label is not None:
            valid |= x == self.ignore_label
        if not valid.all():
            raise ValueError(
                f"each id in x must be ignore_label, or at least 0 and less than {n}, the number of rows of W"
            )

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        gW = None
        if 1 in indexes:
            (gW,) = EmbedIDGrad(self._w_shape, self.ignore_label).apply((x, grad_outputs[0]))
        return tuple([gW if i == 1 else None for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (x,) = self.get_retained_input_arrays()
        gW = None
        if 1 in indexes:
            gW = self._gradient(x, grad_outputs[0])
        return tuple([gW if i == 1 else None for i in indexes])

    def _gradient(self, x: NdArray, gy: NdArray) -> Any:
        """Gradient of the vectors, or a term of it that is to be computed with others."""
        ids, rows = x.reshape(-1), gy.reshape(-1, gy.shape[-1])
        if self.ignore_label is not None:
            kept = ids != self.ignore_label
            ids, rows = ids[kept], rows[kept]
        gathered = gather(_sum_of_rows, (rows, ids), self.inputs[1], self._w_shape, gy.dtype)  # type: ignore[index]
        return _sum_of_rows(rows, ids, self._w_shape, gy.dtype) if gathered is None else gathered


def _sum_of_rows(gy: NdArray, x: NdArray, w_shape: Shape, dtype: Any) -> NdArray:
    """Rows of ``gy`` added up by id."""
    kernel = kernels.find("embed_backward", gy)
    if kernel is not None and (gW := kernel(x, gy, w_shape)) is not None:
        return gW
    gW = backend.get_array_module(gy).zeros(w_shape, dtype)
    add_at(gW, (x,), gy)
    return gW


class EmbedIDGrad(FunctionNode):
    """Gradient of :func:`embed_id` by the vectors: rows of ``gy`` added up by id.

    The kernel ``embed_backward(x, gy, w_shape)`` returns it, or ``None`` to leave it to the plain body. Ids to ignore
    never come to it.

    Args:
        w_shape: Shape of the vectors.
        ignore_label: As for :func:`embed_id`.
    """

    def __init__(self, w_shape: Shape, ignore_label: int | None = None) -> None:
        self.w_shape = w_shape
        self.ignore_label = ignore_label

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        x, gy = inputs
        if self.ignore_label is not None:
            kept = x != self.ignore_label
            x, gy = x[kept], gy[kept]
        return (_sum_of_rows(gy, x, self.w_shape, gy.dtype),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (x,) = self.get_retained_inputs()
        ggy = None
        if 1 in indexes:
            (ggy,) = EmbedIDFunction(self.ignore_label).apply((x, grad_outputs[0]))
        return tuple([ggy if i == 1 else None for i in indexes])


def embed_id(x: VariableLike, W: VariableLike, ignore_label: int | None = None) -> Variable:
    """Vectors (rows of ``W``) by their ids, as for words.

    Args:
        x: Ids. Signed integers, of at least one axis.
        W: One vector a row, of a float dtype. Shape ``(n, size)``.
        ignore_label: Id that stands for no vector: it gives zeros, and no gradient.

    Returns:
        Variable of the dtype of ``W``. Shape ``(*x.shape, size)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.
        IndexError: An id is out of range.
        ValueError: Likewise, in debug mode, where a negative id is refused too.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> W = np.array([[0, 0], [1, 10], [2, 20]], np.float32)
        >>> F.embed_id(np.array([2, 1, -1]), W, ignore_label=-1)
        variable([[ 2., 20.],
                  [ 1., 10.],
                  [ 0.,  0.]])
    """
    return EmbedIDFunction(ignore_label).apply((x, W))[0]
