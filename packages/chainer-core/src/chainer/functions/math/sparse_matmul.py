"""Products of a sparse matrix and a dense one."""

from __future__ import annotations

import importlib
from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import CooMatrix, type_check
from chainer.variable import Variable


class _CooFunction(FunctionNode):
    """A function of the coordinates of a sparse matrix, or of a batch of them.

    Args:
        sp_row: Row of each value, -1 for padding. Shape ``(n,)`` or ``(B, n)``.
        sp_col: Column of each value, likewise.
        sp_shape: Rows and columns of the matrix.
        sp_order: How the values are sorted; any order will do.
        transa: Whether the sparse matrix is transposed first.
        transb: Whether the dense matrix is.
        transc: Whether the product is.
        dtype: Dtype of the result; ``None`` takes that of the inputs.
    """

    def __init__(
        self,
        sp_row: NdArray,
        sp_col: NdArray,
        sp_shape: Shape,
        sp_order: str = "other",
        transa: bool = False,
        transb: bool = False,
        transc: bool = False,
        dtype: Any = None,
    ) -> None:
        self.sp_row = sp_row
        self.sp_col = sp_col
        self.sp_shape = sp_shape
        self.sp_order = sp_order
        self.transa = transa
        self.transb = transb
        self.transc = transc
        self.dtype = dtype

    @property
    def _coordinates(self) -> tuple[NdArray, NdArray, Shape]:
        """Rows, columns and shape of the matrix as it enters the product."""
        if self.transa:
            return self.sp_col, self.sp_row, self.sp_shape[::-1]
        return self.sp_row, self.sp_col, self.sp_shape

    def _product(self, data: Variable, dense: Variable, dtype: Any) -> Variable:
        """The product of this matrix, with other values, and a dense one."""
        node = CooMatMul(*self._matrix, self.transa, self.transb, self.transc, dtype)
        return node.apply((data, dense))[0]

    def _transposed_product(self, data: Variable, gy: Variable, dtype: Any) -> Variable:
        """The gradient of :meth:`_product` with respect to the dense matrix."""
        node = CooMatMul(*self._matrix, not self.transa, self.transc, self.transb, dtype)
        return node.apply((data, gy))[0]

    @property
    def _matrix(self) -> tuple[NdArray, NdArray, Shape, str]:
        return self.sp_row, self.sp_col, self.sp_shape, self.sp_order

    def _output(self, y: NdArray, *inputs: NdArray) -> NdArray:
        dtype = numpy.result_type(*inputs) if self.dtype is None else self.dtype
        return y.astype(dtype, copy=False)


class CooMatMul(_CooFunction):
    """Node of :func:`sparse_matmul`, of the values of a sparse matrix and a dense matrix."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("sp", "dn"))
        sp, dn = in_types
        type_check.expect(sp.dtype.kind == "f", dn.dtype.kind == "f", sp.ndim == dn.ndim - 1)
        type_check.expect(sp.shape == self.sp_row.shape)
        type_check.expect(dn.shape[-1 if self.transb else -2] == self._coordinates[2][1])
        if type_check.eval(dn.ndim) == 3:
            type_check.expect(dn.shape[0] == sp.shape[0])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        sp, dn = inputs
        y = _multiply(sp, *self._coordinates, _transposed(dn, self.transb))
        return (self._output(_transposed(y, self.transc), sp, dn),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        sp, dn = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        results = []
        for i in indexes:
            if i == 0:
                node = CooMatMulGradSP(*self._matrix, self.transa, self.transb, self.transc, sp.dtype)
                results.append(node.apply((dn, gy))[0])
            else:
                results.append(self._transposed_product(sp, gy, dn.dtype))
        return tuple(results)


class CooMatMulGradSP(_CooFunction):
    """Gradient of :func:`sparse_matmul` with respect to the values, of the dense matrix and ``gy``.

    Of the product of these two, only the elements are computed that the sparse matrix has.
    """

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        dn, gy = inputs
        rows, cols, _ = self._coordinates
        xp = backend.get_array_module(gy)
        batch = (xp.arange(len(rows))[:, None],) if rows.ndim == 2 else ()
        left = _transposed(gy, self.transc)[(*batch, rows)]  # (..., n, N)
        right = _transposed(dn, self.transb)[(*batch, cols)]
        gx = (left * right).sum(axis=-1)
        gx[rows < 0] = 0
        return (self._output(gx, dn, gy),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        dn, gy = self.get_retained_inputs()
        (gg,) = grad_outputs
        assert gg is not None
        return tuple(
            [self._transposed_product(gg, gy, dn.dtype) if i == 0 else self._product(gg, dn, gy.dtype) for i in indexes]
        )


def _transposed(x: NdArray, wanted: bool) -> NdArray:
    return x.swapaxes(-1, -2) if wanted else x


def _multiply(data: NdArray, rows: NdArray, cols: NdArray, shape: Shape, dense: NdArray) -> NdArray:
    """Product of a sparse matrix, or of each of a batch, and a dense one."""
    xp = backend.get_array_module(data)
    sparse = importlib.import_module("scipy.sparse" if xp is numpy else "cupyx.scipy.sparse")
    n_batch = len(dense) if dense.ndim == 3 else 1
    if dense.ndim == 3:  # one matrix, with those of the batch on its diagonal
        index = xp.arange(n_batch)[:, None]
        rows, cols = xp.where(rows < 0, -1, rows + index * shape[0]), cols + index * shape[1]
    valid = rows >= 0
    # Sparse products know no float16.
    wide = numpy.promote_types(numpy.result_type(data, dense), numpy.float32)
    matrix = sparse.coo_matrix(
        (data[valid].astype(wide, copy=False), (rows[valid], cols[valid])), (n_batch * shape[0], n_batch * shape[1])
    )
    y = matrix.tocsr() @ dense.reshape(n_batch * shape[1], dense.shape[-1]).astype(wide, copy=False)
    return y.reshape(*dense.shape[:-2], shape[0], dense.shape[-1])


def sparse_matmul(
    a: CooMatrix | VariableLike, b: CooMatrix | VariableLike, transa: bool = False, transb: bool = False
) -> Variable:
    """Product of a sparse matrix and a dense one, on either side, or of batches of them.

    Args:
        a: Left operand: a :class:`~chainer.utils.CooMatrix`, or a variable or array. Shape ``(..., N, K)``.
        b: Right operand: the other of these. Shape ``(..., K, M)``.
        transa: Whether to exchange the last two axes of ``a`` first.
        transb: Whether to exchange the last two axes of ``b`` first.

    Returns:
        Dense variable of shape ``(..., N, M)``. Gradients flow into the dense matrix, and into the values of the
        sparse one if it was made with ``requires_grad=True``.

    Raises:
        ValueError: Both operands are sparse, or none is.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> from chainer.utils import to_coo
        >>> a = to_coo(np.array([[2, 0], [0, 3]], np.float32))
        >>> F.sparse_matmul(a, np.array([[1, 2], [3, 4]], np.float32))
        variable([[ 2.,  4.],
                  [ 9., 12.]])
    """
    if isinstance(a, CooMatrix) == isinstance(b, CooMatrix):
        raise ValueError(
            f"one of a and b must be a CooMatrix and the other a dense matrix, got {type(a).__name__} and "
            f"{type(b).__name__}; see chainer.utils.to_coo"
        )
    if isinstance(a, CooMatrix):
        node = CooMatMul(a.row, a.col, a.shape, a.order, transa, transb)
        return node.apply((a.data, b))[0]
    assert isinstance(b, CooMatrix)
    # A B = (B^T A^T)^T
    node = CooMatMul(b.row, b.col, b.shape, b.order, not transb, not transa, True)
    return node.apply((b.data, a))[0]
