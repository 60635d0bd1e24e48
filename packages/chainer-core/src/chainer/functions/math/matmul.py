"""Matrix products."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _transposed(x: NdArray, wanted: bool) -> NdArray:
    return x.swapaxes(-1, -2) if wanted and x.ndim > 1 else x


class MatMul(FunctionNode):
    """Node of :func:`matmul`.

    Args:
        transa: Whether the last two axes of ``a`` are exchanged first.
        transb: Likewise for ``b``.
        transc: Whether those of the result are exchanged.
    """

    def __init__(self, transa: bool = False, transb: bool = False, transc: bool = False) -> None:
        self.transa = transa
        self.transb = transb
        self.transc = transc

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a", "b"))
        a_type, b_type = in_types
        type_check.expect(a_type.dtype.kind == "f", b_type.dtype.kind == "f", a_type.dtype == b_type.dtype)
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
        y = _transposed(a, self.transa) @ _transposed(b, self.transb)
        return (_transposed(y, self.transc),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        a, b = self.get_retained_inputs()
        (gy,) = grad_outputs
        assert gy is not None
        matrix_a, matrix_b, matrix_gy = _as_matrices(a, b, gy)
        # A vector was not transposed, whatever was asked.
        transa, transb, transc = self.transa and a.ndim > 1, self.transb and b.ndim > 1, self.transc
        results = []
        for i in indexes:
            if i == 0:  # y = a b, so ga = gy b^T
                (ga,) = MatMul(transc, not transb, transa).apply((matrix_gy, matrix_b))
                results.append(reshape(sum_to(ga, matrix_a.shape), a.shape))
            else:  # and gb = a^T gy
                (gb,) = MatMul(not transa, transc, transb).apply((matrix_a, matrix_gy))
                results.append(reshape(sum_to(gb, matrix_b.shape), b.shape))
        return tuple(results)


def _as_matrices(a: Variable, b: Variable, gy: Variable) -> tuple[Variable, Variable, Variable]:
    """Vectors as the matrices they stand for: a row on the left, a column on the right."""
    matrix_a = reshape(a, (1, *a.shape)) if a.ndim == 1 else a
    matrix_b = reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    shape: Shape = gy.shape
    if a.ndim == 1 and b.ndim == 1:
        shape = (1, 1)
    elif a.ndim == 1:
        shape = (*shape[:-1], 1, shape[-1])
    elif b.ndim == 1:
        shape = (*shape, 1)
    return matrix_a, matrix_b, reshape(gy, shape)


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
    return MatMul(transa, transb).apply((a, b))[0]
