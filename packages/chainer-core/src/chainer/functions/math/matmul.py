"""Matrix products."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from typing import Any

from chainer import utils
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math._half import by_way_of_float32
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_variable


def _transposed(x: NdArray, wanted: bool) -> NdArray:
    return x.swapaxes(-1, -2) if wanted and x.ndim > 1 else x


class MatMul(FunctionNode):
    """Node of :func:`matmul`.

    Args:
        transa: Whether the last two axes of ``a`` are exchanged first.
        transb: Likewise for ``b``.
        transc: Whether those of the result are exchanged.
        dtype: Dtype of the result; ``None`` takes that of the inputs.
    """

    def __init__(self, transa: bool = False, transb: bool = False, transc: bool = False, dtype: Any = None) -> None:
        self.transa = transa
        self.transb = transb
        self.transc = transc
        self.dtype = dtype

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a", "b"))
        a_type, b_type = in_types
        type_check.expect(a_type.dtype.kind == "f", b_type.dtype.kind == "f")
        type_check.expect(a_type.ndim >= 1, b_type.ndim >= 1)
        a_ndim, b_ndim = type_check.eval(a_type.ndim), type_check.eval(b_type.ndim)
        a_axis = -2 if self.transa and a_ndim > 1 else -1
        b_axis = -1 if b_ndim == 1 or self.transb else -2
        type_check.expect(a_type.shape[a_axis] == b_type.shape[b_axis])
        if a_ndim > 2 and b_ndim > 2:
            type_check.expect_broadcast_shapes(a_type.shape[:-2], b_type.shape[:-2])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        a, b = inputs
        y = by_way_of_float32(operator.matmul, _transposed(a, self.transa), _transposed(b, self.transb))
        y = _transposed(y, self.transc)
        return (y if self.dtype is None else y.astype(self.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        a, b = self.get_retained_inputs()
        return tuple(
            [
                reshape(sum_to(node.apply(factors)[0], matrix_shape), shape)
                for node, factors, matrix_shape, shape in self._gradient_products(indexes, a, b, grad_outputs[0])
            ]
        )

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        a, b = self.get_retained_input_arrays()
        return tuple(
            [
                utils.sum_to(node.forward(factors)[0], matrix_shape).reshape(shape)
                for node, factors, matrix_shape, shape in self._gradient_products(indexes, a, b, grad_outputs[0])
            ]
        )

    def _gradient_products(
        self, indexes: tuple[int, ...], a: Any, b: Any, gy: Any
    ) -> Iterator[tuple[MatMul, tuple[Any, Any], Shape, Shape]]:
        """For each input, the product that its gradient is before stacks and vectors get their own shape back.

        Serves variables and bare arrays. Tells the node of the product, its factors, the shape of the input as a matrix
        and its own.
        """
        matrix_a, matrix_b, matrix_gy = self._as_matrices(a, b, gy)
        # A vector was not transposed, whatever was asked.
        transa, transb, transc = self.transa and a.ndim > 1, self.transb and b.ndim > 1, self.transc
        for i in indexes:
            if i == 0:  # y = a b, so ga = gy b^T
                yield MatMul(transc, not transb, transa, a.dtype), (matrix_gy, matrix_b), matrix_a.shape, a.shape
            else:  # and gb = a^T gy
                yield MatMul(not transa, transc, transb, b.dtype), (matrix_a, matrix_gy), matrix_b.shape, b.shape

    def _as_matrices(self, a: Any, b: Any, gy: Any) -> tuple[Any, Any, Any]:
        """Vectors as the matrices they stand for: a row on the left, a column on the right."""
        if a.ndim > 1 and b.ndim > 1:
            return a, b, gy
        matrix_a = a.reshape((1, *a.shape)) if a.ndim == 1 else a
        matrix_b = b.reshape((*b.shape, 1)) if b.ndim == 1 else b
        shape: Shape = gy.shape
        if b.ndim == 1:
            shape = (*shape, 1)
        if a.ndim == 1:
            shape = (*shape[:-1], 1, shape[-1])
        return matrix_a, matrix_b, gy.reshape(shape)


class BatchMatMul(MatMul):
    """Node of :func:`batch_matmul`: stacks of matrices, in which vectors are columns."""

    def __init__(self, transa: bool = False, transb: bool = False) -> None:
        super().__init__(transa, transb)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a", "b"))
        a, b = in_types
        type_check.expect(a.dtype.kind == "f", a.dtype == b.dtype)
        for in_type in in_types:
            type_check.expect(2 <= in_type.ndim, in_type.ndim <= 3)
        type_check.expect_broadcast_shapes(a.shape[:1], b.shape[:1])
        a_sizes, b_sizes = [
            (x.shape[1], x.shape[2] if type_check.eval(x.ndim) == 3 else 1) for x in in_types
        ]  # rows, columns
        type_check.expect(a_sizes[not self.transa] == b_sizes[self.transb])

    def forward(self, inputs: Arrays) -> Arrays:
        return super().forward(tuple([x.reshape(*x.shape, 1) if x.ndim == 2 else x for x in inputs]))

    def _as_matrices(self, a: Any, b: Any, gy: Any) -> tuple[Any, Any, Any]:
        matrix_a, matrix_b = [x.reshape((*x.shape, 1)) if x.ndim == 2 else x for x in (a, b)]
        return matrix_a, matrix_b, gy


# The gradients of products are products of stacks of matrices, too.
BatchMatMulGrad = BatchMatMul


def matmul(a: VariableLike, b: VariableLike, transa: bool = False, transb: bool = False) -> Variable:
    """Matrix product of two arrays, or of stacks of matrices.

    Args:
        a: Left operand: a vector, a matrix, or a stack of matrices. Shape ``(..., N, K)``.
        b: Right operand, likewise. Shape ``(..., K, M)``.
        transa: Whether to exchange the last two axes of ``a`` first.
        transb: Whether to exchange the last two axes of ``b`` first.

    Returns:
        Variable of shape ``(..., N, M)``; stacks are broadcast, and the axis of a vector vanishes.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> a = np.array([[1, 0], [0, 1]], np.float32)
        >>> b = np.array([[4, 1], [2, 2]], np.float32)
        >>> F.matmul(a, b)
        variable([[4., 1.],
                  [2., 2.]])
    """
    a, b = as_variable(a), as_variable(b)
    if b.ndim == 2 and a.ndim > 2 and not transa:
        # One product of all rows at once, and the gradient of b needs no sum over the stack.
        rows = reshape(a, (math.prod(a.shape[:-1]), a.shape[-1]))
        (y,) = MatMul(False, transb).apply((rows, b))
        return reshape(y, (*a.shape[:-1], y.shape[-1]))
    return MatMul(transa, transb).apply((a, b))[0]


def batch_matmul(a: VariableLike, b: VariableLike, transa: bool = False, transb: bool = False) -> Variable:
    """Matrix products of the samples of two batches.

    Args:
        a: Left operands of a float dtype. Shape ``(B, N, K)``, or ``(B, N)`` for columns.
        b: Right operands of the same dtype. Shape ``(B, K, M)``, or ``(B, K)`` for columns.
        transa: Whether to exchange the last two axes of ``a`` first.
        transb: Whether to exchange the last two axes of ``b`` first.

    Returns:
        Variable of shape ``(B, N, M)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> a, b = np.ones((5, 2, 3), np.float32), np.ones((5, 3), np.float32)
        >>> F.batch_matmul(a, b).shape
        (5, 2, 1)
    """
    return BatchMatMul(transa, transb).apply((a, b))[0]
