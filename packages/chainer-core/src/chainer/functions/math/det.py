"""Determinants of matrices."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.array.transpose import transpose
from chainer.functions.math.inv import batch_inv
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class BatchDet(FunctionNode):
    """Node of :func:`batch_det`."""

    label = "det"

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("a",))
        (a,) = in_types
        type_check.expect(a.dtype.kind == "f", a.ndim == 3)
        type_check.expect(a.shape[-1] == a.shape[-2])

    def forward(self, inputs: Arrays) -> Arrays:
        (a,) = inputs
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        # LAPACK knows no float16.
        wide = a.astype(numpy.promote_types(a.dtype, numpy.float32), copy=False)
        return (backend.get_array_module(a).linalg.det(wide).astype(a.dtype, copy=False),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (a,) = self.get_retained_inputs()
        (y,) = self.get_retained_outputs()
        (gy,) = grad_outputs
        assert gy is not None
        # Jacobi's formula, with the adjugate as det(A) A^-1
        return (reshape(gy * y, (len(y), 1, 1)) * transpose(batch_inv(a), (0, 2, 1)),)


def batch_det(a: VariableLike) -> Variable:
    """Determinants of the matrices of a batch.

    Args:
        a: Variable or array of a float dtype. Shape ``(B, N, N)``.

    Returns:
        Variable of shape ``(B,)``. Its gradient needs the matrices to be regular.

    Raises:
        ValueError: In the backward pass, if a matrix is singular.
        chainer.utils.type_check.InvalidType: They are not square matrices of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.batch_det(np.array([[[2]], [[4]]], np.float32))
        variable([2., 4.])
    """
    return BatchDet().apply((a,))[0]


def det(a: VariableLike) -> Variable:
    """Determinant of a matrix.

    Args:
        a: Variable or array of a float dtype. Shape ``(N, N)``.

    Returns:
        0-d variable. Its gradient needs the matrix to be regular.

    Raises:
        ValueError: In the backward pass, if the matrix is singular.
        chainer.utils.type_check.InvalidType: It is not a square matrix of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.det(np.array([[2, 1], [0, 4]], np.float32))
        variable(8.)
    """
    return reshape(batch_det(reshape(a, (1, *a.shape))), ())
