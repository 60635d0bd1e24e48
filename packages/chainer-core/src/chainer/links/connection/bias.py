"""Addition of a learnt bias along some axes."""

from __future__ import annotations

from chainer.functions.math.bias import bias
from chainer.link import Link
from chainer.types import Shape, VariableLike
from chainer.variable import Parameter, Variable


class Bias(Link):
    """Adds a bias, learnt or given, broadcast from an axis on; see :func:`chainer.functions.bias`.

    Args:
        axis: First axis of the input that the bias spans.
        shape: Shape of the learnt bias. ``None``: none is learnt, and the bias is given at each call.

    Attributes:
        b: Bias, where one is learnt; zero at first. Shape ``shape``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Bias(1, (3,))(np.ones((2, 3, 4), np.float32)).shape
        (2, 3, 4)
    """

    b: Parameter

    def __init__(self, axis: int = 1, shape: Shape | None = None) -> None:
        super().__init__()
        self.axis = axis
        if shape is not None:
            with self.init_scope():
                self.b = Parameter(0, shape)

    def forward(self, *xs: VariableLike) -> Variable:
        """Adds the bias.

        Args:
            xs: The input; and the bias, if none is learnt.

        Raises:
            ValueError: Another number of arguments.
        """
        if "b" in self._params:
            (x,) = xs
            return bias(x, self.b, self.axis)
        x, y = xs
        return bias(x, y, self.axis)
