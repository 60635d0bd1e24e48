"""Largest and smallest elements over axes, and where they are."""

from __future__ import annotations

from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.math._axes import check_axes, check_axis, expect_axes, expect_axis, keep_axes, kept_shape
from chainer.functions.math._select import Select
from chainer.types import Arrays, AxisLike, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SelectorBase(FunctionNode):
    """A reduction whose result is one of the elements; all that equal it get the gradient."""

    def __init__(self, axis: AxisLike = None, keepdims: bool = False) -> None:
        self.axis = check_axes(axis)
        self.keepdims = keepdims

    def _fwd(self, x: NdArray) -> NdArray:
        raise NotImplementedError

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axes(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return (self._fwd(inputs[0]),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        assert gy is not None
        mask = self._mask()
        return Select(mask).apply((keep_axes(gy, mask.shape, self.axis),))

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        mask = self._mask()
        return Select(mask).forward((grad_outputs[0].reshape(kept_shape(mask.shape, self.axis)),))

    def _mask(self) -> NdArray:
        (x,) = self.get_retained_input_arrays()
        (y,) = self.get_retained_output_arrays()
        return x == y.reshape(kept_shape(x.shape, self.axis))


class Max(SelectorBase):
    """Node of :func:`max`."""

    def _fwd(self, x: NdArray) -> NdArray:
        return x.max(axis=self.axis, keepdims=self.keepdims)


class Min(SelectorBase):
    """Node of :func:`min`."""

    def _fwd(self, x: NdArray) -> NdArray:
        return x.min(axis=self.axis, keepdims=self.keepdims)


class IndexSelectorBase(FunctionNode):
    """The index of an element, as int32; no gradient flows."""

    def __init__(self, axis: int | None = None) -> None:
        self.axis = check_axis(axis)

    def _fwd(self, x: NdArray) -> NdArray:
        raise NotImplementedError

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")
        expect_axis(in_types[0], self.axis)

    def forward(self, inputs: Arrays) -> Arrays:
        return (self._fwd(inputs[0]).astype("int32"),)


class ArgMax(IndexSelectorBase):
    """Node of :func:`argmax`."""

    def _fwd(self, x: NdArray) -> NdArray:
        return x.argmax(axis=self.axis)


class ArgMin(IndexSelectorBase):
    """Node of :func:`argmin`."""

    def _fwd(self, x: NdArray) -> NdArray:
        return x.argmin(axis=self.axis)


def max(x: VariableLike, axis: AxisLike = None, keepdims: bool = False) -> Variable:
    """Largest element over axes. The gradient goes to every element that equals it.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to reduce; ``None`` takes all elements.
        keepdims: Whether the reduced axes remain, with length 1.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice, or there are no elements.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.max(np.array([[1, 5], [3, 2]], np.float32), axis=0)
        variable([3., 5.])
    """
    return Max(axis, keepdims).apply((x,))[0]


def min(x: VariableLike, axis: AxisLike = None, keepdims: bool = False) -> Variable:
    """Smallest element over axes. The gradient goes to every element that equals it.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis or axes to reduce; ``None`` takes all elements.
        keepdims: Whether the reduced axes remain, with length 1.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        TypeError: ``axis`` is neither ``None``, an int nor a tuple of ints.
        ValueError: An axis is given twice, or there are no elements.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.min(np.array([[1, 5], [3, 2]], np.float32), axis=0)
        variable([1., 2.])
    """
    return Min(axis, keepdims).apply((x,))[0]


def argmax(x: VariableLike, axis: int | None = None) -> Variable:
    """Index of the largest element along an axis, the first one of several. No gradient flows.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which to look; ``None`` takes the elements in one row.

    Returns:
        Variable of dtype int32.

    Raises:
        TypeError: ``axis`` is neither ``None`` nor an int.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.argmax(np.array([[1, 5], [3, 2]], np.float32), axis=1).array
        array([1, 0], dtype=int32)
    """
    return ArgMax(axis).apply((x,))[0]


def argmin(x: VariableLike, axis: int | None = None) -> Variable:
    """Index of the smallest element along an axis, the first one of several. No gradient flows.

    Args:
        x: Variable or array of a float dtype.
        axis: Axis along which to look; ``None`` takes the elements in one row.

    Returns:
        Variable of dtype int32.

    Raises:
        TypeError: ``axis`` is neither ``None`` nor an int.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.argmin(np.array([[1, 5], [3, 2]], np.float32), axis=1).array
        array([0, 1], dtype=int32)
    """
    return ArgMin(axis).apply((x,))[0]
