"""Trigonometric functions and their inverses."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._elementwise import Arithmetic, Elementwise, ElementwiseGrad, WithGradientNode
from chainer.functions.math.sum import sum_to
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Sin(WithGradientNode, Elementwise):
    """Node of :func:`sin`."""

    label = "sin"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.sin(x)

    def gradient_node(self) -> FunctionNode:
        return SinGrad()


class SinGrad(ElementwiseGrad):
    """Gradient of :func:`sin`."""

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        return xp.cos(x)

    def bend(self, x: Variable, g: Variable) -> Variable:
        return CosGrad().apply((x, g))[0]


class Cos(WithGradientNode, Elementwise):
    """Node of :func:`cos`."""

    label = "cos"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.cos(x)

    def gradient_node(self) -> FunctionNode:
        return CosGrad()


class CosGrad(ElementwiseGrad):
    """Gradient of :func:`cos`."""

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        return -xp.sin(x)

    def bend(self, x: Variable, g: Variable) -> Variable:
        return -SinGrad().apply((x, g))[0]


class Tan(Arithmetic):
    """Node of :func:`tan`."""

    label = "tan"
    keeps_input = False
    keeps_output = True

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.tan(x)

    def gradient(self, y: Any, gy: Any) -> Any:
        return (y * y + 1.0) * gy


class Arcsin(WithGradientNode, Elementwise):
    """Node of :func:`arcsin`."""

    label = "arcsin"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.arcsin(x)

    def gradient_node(self) -> FunctionNode:
        return ArcsinGrad()


class ArcsinGrad(ElementwiseGrad):
    """Gradient of :func:`arcsin`."""

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        return 1.0 / xp.sqrt(1.0 - x * x)

    def bend(self, x: Variable, g: Variable) -> Variable:
        return ArcsinGrad().apply((x, x * g / (1.0 - x * x)))[0]


class Arccos(WithGradientNode, Elementwise):
    """Node of :func:`arccos`."""

    label = "arccos"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.arccos(x)

    def gradient_node(self) -> FunctionNode:
        return ArccosGrad()


class ArccosGrad(ElementwiseGrad):
    """Gradient of :func:`arccos`."""

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        return -1.0 / xp.sqrt(1.0 - x * x)

    def bend(self, x: Variable, g: Variable) -> Variable:
        return ArccosGrad().apply((x, x * g / (1.0 - x * x)))[0]


class Arctan(WithGradientNode, Elementwise):
    """Node of :func:`arctan`."""

    label = "arctan"

    def value(self, xp: Any, x: NdArray) -> NdArray:
        return xp.arctan(x)

    def gradient_node(self) -> FunctionNode:
        return ArctanGrad()


class ArctanGrad(ElementwiseGrad):
    """Gradient of :func:`arctan`."""

    def slope(self, xp: Any, x: NdArray) -> NdArray:
        return 1.0 / (x * x + 1.0)

    def bend(self, x: Variable, g: Variable) -> Variable:
        return ArctanGrad().apply((x, -2.0 * x * g / (x * x + 1.0)))[0]


class Arctan2(FunctionNode):
    """Node of :func:`arctan2`."""

    label = "arctan2"
    is_elementwise = True

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x1", "x2"))
        x1, x2 = in_types
        type_check.expect(x1.dtype.kind == "f", x2.dtype.kind == "f")
        type_check.expect_broadcast_shapes(x1.shape, x2.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1))
        return (backend.get_array_module(*inputs).arctan2(*inputs),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x1, x2 = self.get_retained_inputs()
        gxs = Arctan2Grad().apply((x1, x2, grad_outputs[0]))
        return tuple([sum_to(gxs[i], (x1, x2)[i].shape) for i in indexes])


class Arctan2Grad(FunctionNode):
    """Gradients of :func:`arctan2`, both of the broadcast shape, each in the dtype of its input."""

    is_elementwise = True

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2))
        x1, x2, gy = inputs
        scaled = gy / (x1 * x1 + x2 * x2)
        return (x2 * scaled).astype(x1.dtype, copy=False), (-x1 * scaled).astype(x2.dtype, copy=False)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        ggx1, ggx2 = grad_outputs
        x1, x2, gy = self.get_retained_inputs()
        squares = x1 * x1 + x2 * x2
        terms = [] if ggx1 is None else [ggx1 * x2]
        if ggx2 is not None:
            terms.append(-ggx2 * x1)
        ggy = (terms[0] if len(terms) == 1 else terms[0] + terms[1]) / squares
        results: list[Variable | None] = []
        for i in indexes:
            if i == 2:
                results.append(sum_to(ggy, gy.shape))
                continue
            # d(x2 ggx1 - x1 ggx2) / dx over the squares, then the squares themselves.
            x, direct = ((x1, None if ggx2 is None else -ggx2), (x2, ggx1))[i]
            g = -2.0 * x * ggy
            if direct is not None:
                g = g + direct
            results.append(sum_to(g * gy / squares, x.shape))
        return tuple(results)


def sin(x: VariableLike) -> Variable:
    r"""Elementwise sine of angles in radians.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.sin(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 0.841], dtype=float32)
    """
    return Sin().apply((x,))[0]


def cos(x: VariableLike) -> Variable:
    r"""Elementwise cosine of angles in radians.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.cos(np.array([0, 1], np.float32)).array.round(3)
        array([1.  , 0.54], dtype=float32)
    """
    return Cos().apply((x,))[0]


def tan(x: VariableLike) -> Variable:
    r"""Elementwise tangent of angles in radians.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.tan(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 1.557], dtype=float32)
    """
    return Tan().apply((x,))[0]


def arcsin(x: VariableLike) -> Variable:
    r"""Elementwise inverse sine.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``, in :math:`[-\pi/2, \pi/2]`; NaN outside of [-1, 1].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.arcsin(np.array([0, 0.5], np.float32)).array.round(3)
        array([0.   , 0.524], dtype=float32)
    """
    return Arcsin().apply((x,))[0]


def arccos(x: VariableLike) -> Variable:
    r"""Elementwise inverse cosine.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``, in :math:`[0, \pi]`; NaN outside of [-1, 1].

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.arccos(np.array([1, 0.5], np.float32)).array.round(3)
        array([0.   , 1.047], dtype=float32)
    """
    return Arccos().apply((x,))[0]


def arctan(x: VariableLike) -> Variable:
    r"""Elementwise inverse tangent.

    Args:
        x: Variable or array of a float dtype.

    Returns:
        Variable of the shape and dtype of ``x``, in :math:`[-\pi/2, \pi/2]`.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.arctan(np.array([0, 1], np.float32)).array.round(3)
        array([0.   , 0.785], dtype=float32)
    """
    return Arctan().apply((x,))[0]


def arctan2(x1: VariableLike, x2: VariableLike) -> Variable:
    r"""Elementwise angle of the point :math:`(x_2, x_1)`, seen from the origin.

    Args:
        x1: Second coordinates: variable or array of a float dtype.
        x2: First coordinates, likewise, of a shape that can be broadcast with that of ``x1``.

    Returns:
        Variable of the broadcast shape: angles in radians, in :math:`[-\pi, \pi]`.

    Raises:
        chainer.utils.type_check.InvalidType: A dtype is not a float, or shapes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.arctan2(np.array([1, 1], np.float32), np.array([1, -1], np.float32)).array.round(3)
        array([0.785, 2.356], dtype=float32)
    """
    return Arctan2().apply((x1, x2))[0]
