"""Product with broadcasting from an axis on."""

from __future__ import annotations

from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.reshape import reshape
from chainer.types import VariableLike
from chainer.variable import Variable, as_variable


def scale(x: VariableLike, y: VariableLike, axis: int = 1) -> Variable:
    """Elementwise product of an array and one that has fewer axes.

    Args:
        x: Variable or array.
        y: Variable or array of the same dtype, whose axes are those of ``x`` from ``axis`` on.
        axis: First axis of ``x`` along which ``y`` extends.

    Returns:
        Variable of the shape of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 2], [3, 4]], np.float32)
        >>> F.scale(x, np.array([10, 20], np.float32), axis=0)
        variable([[10., 20.],
                  [60., 80.]])
    """
    shape = (1,) * axis + y.shape + (1,) * (x.ndim - axis - y.ndim)
    return as_variable(x) * broadcast_to(reshape(y, shape), x.shape)
