"""All elements in a row."""

from __future__ import annotations

from chainer.functions.array.reshape import reshape
from chainer.types import VariableLike
from chainer.variable import Variable


def flatten(x: VariableLike) -> Variable:
    """Gives an array one axis only, batch axis included.

    Args:
        x: Variable or array.

    Returns:
        Variable of shape ``(x.size,)``; ``x`` itself if it has it.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.flatten(np.array([[1, 2], [3, 4]], np.float32))
        variable([1., 2., 3., 4.])
    """
    return reshape(x, (x.size,))
