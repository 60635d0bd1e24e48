"""Sparse matrices as coordinates and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainer import backend
from chainer.types import NdArray

if TYPE_CHECKING:
    from chainer.variable import Variable

_ORDERS = ("C", "F", "other", None)


class CooMatrix:
    """A sparse matrix, or a batch of them: values, and the row and column of each.

    Args:
        data: Values. Shape ``(n,)``, or ``(B, n)`` for a batch.
        row: Row of each value, of the same shape; -1 for padding of a batch.
        col: Column of each value, likewise.
        shape: Rows and columns of the matrix, without the batch axis.
        order: How the values are sorted: ``'C'`` by row, then column; ``'F'`` by column, then row; ``'other'``;
            ``None`` finds out.
        requires_grad: Whether a gradient flows into ``data``.

    Attributes:
        data: Variable of the values.
        row: Array of rows.
        col: Array of columns.
        shape: Rows and columns.
        order: ``'C'``, ``'F'`` or ``'other'``.

    Raises:
        ValueError: Shapes do not fit, or ``order`` is none of these.

    Example:
        >>> import numpy as np
        >>> from chainer.utils import CooMatrix
        >>> CooMatrix(np.array([1.0, 2.0]), np.array([0, 1]), np.array([2, 0]), (2, 3)).to_dense()
        array([[0., 0., 1.],
               [2., 0., 0.]])
    """

    data: Variable

    def __init__(
        self,
        data: NdArray,
        row: NdArray,
        col: NdArray,
        shape: tuple[int, int],
        order: str | None = None,
        requires_grad: bool = False,
    ) -> None:
        from chainer.variable import Variable

        if not 1 <= data.ndim <= 2:
            raise ValueError(f"data must have one axis, or two for a batch, got shape {data.shape}")
        if not data.shape == row.shape == col.shape:
            raise ValueError(
                f"data, row and col must be of the same shape, got {data.shape}, {row.shape} and {col.shape}"
            )
        if len(shape) != 2:
            raise ValueError(f"shape must be the numbers of rows and columns, got {shape}")
        if order not in _ORDERS:
            raise ValueError(f"order must be 'C', 'F', 'other' or None, got {order!r}")
        self.data = Variable(data, requires_grad=requires_grad)
        self.row = row
        self.col = col
        self.shape = shape
        self.order = get_order(row, col) if order is None else order

    def to_dense(self) -> NdArray:
        """The matrix as an array of shape ``shape``, or ``(B, *shape)``; values in one place add up."""
        data: Any = self.data.array
        xp = backend.get_array_module(data)
        dense = xp.zeros((*data.shape[:-1], *self.shape), data.dtype)
        valid = (self.row >= 0).nonzero()
        xp.add.at(dense, (*valid[:-1], self.row[valid], self.col[valid]), data[valid])
        return dense


def to_coo(x: NdArray, ldnz: int | None = None, requires_grad: bool = False) -> CooMatrix:
    """Makes a sparse matrix of a dense one, or a batch of a batch.

    Args:
        x: Shape ``(M, N)`` or ``(B, M, N)``.
        ldnz: Number of values to make room for; what is not needed is padding. As many as needed, unless this is more.
        requires_grad: Whether a gradient flows into the values.

    Raises:
        ValueError: ``x`` is of another number of axes.

    Example:
        >>> import numpy as np
        >>> from chainer.utils import to_coo
        >>> m = to_coo(np.array([[0, 1, 2], [3, 0, 0]], np.float32))
        >>> m.data.array, m.row, m.col
        (array([1., 2., 3.], dtype=float32), array([0, 0, 1], dtype=int32), array([1, 2, 0], dtype=int32))
    """
    if x.ndim not in (2, 3):
        raise ValueError(f"x must have two axes, or three for a batch, got shape {x.shape}")
    xp = backend.get_array_module(x)
    batch = x if x.ndim == 3 else x[None]
    found = [matrix.nonzero() for matrix in batch]
    n = max([len(rows) for rows, _ in found] + [ldnz or 0])
    data = xp.zeros((len(batch), n), x.dtype)
    row = xp.full((len(batch), n), -1, "int32")
    col = xp.full((len(batch), n), -1, "int32")
    for i, (rows, cols) in enumerate(found):
        data[i, : len(rows)] = batch[i][rows, cols]
        row[i, : len(rows)] = rows
        col[i, : len(rows)] = cols
    if x.ndim == 2:
        data, row, col = data[0], row[0], col[0]
    return CooMatrix(data, row, col, x.shape[-2:], order="C", requires_grad=requires_grad)


def get_order(row: NdArray, col: NdArray) -> str:
    """How the coordinates of a sparse matrix, or of each of a batch, are sorted.

    Args:
        row: Rows, -1 for padding.
        col: Columns, likewise.

    Returns:
        ``'C'`` by row, then column; ``'F'`` by column, then row; ``'other'``.

    Raises:
        ValueError: Only one of a row and its column is padding.

    Example:
        >>> import numpy as np
        >>> from chainer.utils import get_order
        >>> get_order(np.array([0, 0, 1]), np.array([1, 2, 0]))
        'C'
    """
    if ((row < 0) != (col < 0)).any():
        raise ValueError("row and col must be -1, which is padding, in the same places")
    if _is_sorted(row, col):
        return "C"
    return "F" if _is_sorted(col, row) else "other"


def _is_sorted(major: NdArray, minor: NdArray) -> bool:
    ahead = (major[..., 1:] > major[..., :-1]) | (
        (major[..., 1:] == major[..., :-1]) & (minor[..., 1:] >= minor[..., :-1])
    )
    return bool((ahead | (major[..., 1:] < 0)).all())
