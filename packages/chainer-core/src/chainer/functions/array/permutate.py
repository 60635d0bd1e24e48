"""Elements along an axis in another order."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable, as_array


class Permutate(FunctionNode):
    """Node of :func:`permutate`.

    Args:
        indices: A permutation.
        axis: Axis to permute.
        inv: Whether to apply the inverse permutation.
    """

    def __init__(self, indices: NdArray, axis: int, inv: bool) -> None:
        self.indices = indices
        self.axis = axis
        self.inv = inv

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        if self.axis >= 0:
            type_check.expect(in_types[0].ndim > self.axis)
        else:
            type_check.expect(in_types[0].ndim >= -self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        indices = self.indices
        if self.inv:
            xp = backend.get_array_module(indices)
            inverse = xp.empty_like(indices)
            inverse[indices] = xp.arange(len(indices), dtype=indices.dtype)
            indices = inverse
        return (x.take(indices, self.axis),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return Permutate(self.indices, self.axis, not self.inv).apply(grad_outputs)


def permutate(x: VariableLike, indices: Any, axis: int = 0, inv: bool = False) -> Variable:
    """Puts the elements along an axis into another order: ``y[i] = x[indices[i]]``.

    Args:
        x: Variable or array.
        indices: A permutation of ``range(x.shape[axis])``: a vector of integers. In debug mode it is checked to be one.
        axis: Axis to permute.
        inv: Whether to apply the inverse permutation: ``y[indices[i]] = x[i]``.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        ValueError: ``indices`` is no vector of integers or, in debug mode, no permutation.
        IndexError: An index is out of range.
        chainer.utils.type_check.InvalidType: There is no such axis.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([10, 20, 30], np.float32)
        >>> F.permutate(x, np.array([2, 0, 1])), F.permutate(x, np.array([2, 0, 1]), inv=True)
        (variable([30., 10., 20.]), variable([20., 30., 10.]))
    """
    indices = as_array(indices)
    if isinstance(indices, list | tuple):
        indices = backend.get_array_module(x).asarray(indices, int)
    if indices.ndim != 1 or indices.dtype.kind != "i":
        raise ValueError(f"indices should be a one-dimensional int array, got {indices.dtype} with {indices.ndim} axes")
    if config.debug:
        _check_permutation(indices)
    return Permutate(indices, axis, inv).apply((x,))[0]


def _check_permutation(indices: NdArray) -> None:
    n = len(indices)
    seen = set()
    for i in indices.tolist():
        if not 0 <= i < n:
            raise ValueError(f"indices must be a permutation of range({n}): index {i} is out of bounds")
        if i in seen:
            raise ValueError(f"indices must be a permutation of range({n}): {i} comes twice")
        seen.add(i)
