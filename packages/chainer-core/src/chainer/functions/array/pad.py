"""Padding."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.array.get_item import GetItemGrad, get_item
from chainer.types import Arrays, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable

# Modes whose padding is copied from elements of the input, into which its gradient therefore flows.
_COPYING = frozenset(("edge", "reflect", "symmetric", "wrap"))


class Pad(FunctionNode):
    """Node of :func:`pad`.

    Args:
        pad_width: As for :func:`numpy.pad`.
        mode: As for :func:`numpy.pad`.
        keywords: As for :func:`numpy.pad`.
    """

    def __init__(self, pad_width: Any, mode: str, **keywords: Any) -> None:
        self.pad_width = pad_width
        self.mode = mode
        self.keywords = keywords

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        return (backend.get_array_module(x).pad(x, self.pad_width, mode=self.mode, **self.keywords),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        shape: Any = self.inputs[0].shape  # type: ignore[index]
        widths = numpy.broadcast_to(self.pad_width, (len(shape), 2)).tolist()
        if self.mode in _COPYING and self.keywords.get("reflect_type", "even") == "even":
            mode: Any = self.mode
            sources = [numpy.pad(numpy.arange(n), width, mode) for n, width in zip(shape, widths)]
            return GetItemGrad(numpy.ix_(*sources), shape).apply((gy,))
        return (get_item(gy, tuple([slice(before, before + n) for n, (before, _) in zip(shape, widths)])),)


def pad(x: VariableLike, pad_width: Any, mode: str, **keywords: Any) -> Variable:
    """Pads an array, as :func:`numpy.pad` does.

    Gradients flow into the input from its own place in the output, and from padding that repeats its elements (modes
    ``edge``, ``reflect``, ``symmetric`` and ``wrap``). Padding that is computed otherwise counts as constant.

    Args:
        x: Variable or array of a float dtype.
        pad_width: Number of elements before and after each axis: an int, a pair, or a pair an axis.
        mode: How to pad: ``"constant"``, ``"reflect"``, or another mode of :func:`numpy.pad`.
        keywords: ``constant_values`` and other options of the mode.

    Returns:
        Variable of the dtype of ``x``.

    Raises:
        ValueError: The mode is unknown, or an option does not go with it.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.pad(np.ones(2, np.float32), (1, 2), "constant", constant_values=0)
        variable([0., 1., 1., 0., 0.])
    """
    return Pad(pad_width, mode, **keywords).apply((x,))[0]
