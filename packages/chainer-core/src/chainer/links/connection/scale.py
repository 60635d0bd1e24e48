"""Multiplication by a learnt factor along some axes."""

from __future__ import annotations

from chainer.functions.math.scale import scale
from chainer.link import Chain
from chainer.links.connection.bias import Bias
from chainer.types import Shape, VariableLike
from chainer.variable import Parameter, Variable


class Scale(Chain):
    """Multiplies by a factor, learnt or given, broadcast from an axis on; see :func:`chainer.functions.scale`.

    Args:
        axis: First axis of the input that the factor spans.
        W_shape: Shape of the learnt factor. ``None``: none is learnt, and the factor is given at each call.
        bias_term: Whether to add a learnt bias too.
        bias_shape: Shape of the bias; that of the factor by default.

    Attributes:
        W: Factor, where one is learnt; one at first. Shape ``W_shape``.
        bias: The link that adds the bias, if asked for.

    Raises:
        ValueError: A bias whose shape is not told.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Scale(1, (3,), bias_term=True)(np.ones((2, 3, 4), np.float32)).shape
        (2, 3, 4)
    """

    W: Parameter
    bias: Bias

    def __init__(
        self, axis: int = 1, W_shape: Shape | None = None, bias_term: bool = False, bias_shape: Shape | None = None
    ) -> None:
        super().__init__()
        self.axis = axis
        with self.init_scope():
            if W_shape is not None:
                self.W = Parameter(1, W_shape)
            if bias_term:
                if W_shape is None and bias_shape is None:
                    raise ValueError("bias_shape must be given if W is not learnt and bias_term is true, got None")
                self.bias = Bias(axis, W_shape if bias_shape is None else bias_shape)

    def forward(self, *xs: VariableLike) -> Variable:
        """Multiplies by the factor, and adds the bias if there is one.

        Args:
            xs: The input; and the factor, if none is learnt.

        Raises:
            ValueError: Another number of arguments.
        """
        if "W" in self._params:
            (x,) = xs
            y = scale(x, self.W, self.axis)
        else:
            x, factor = xs
            y = scale(x, factor, self.axis)
        return self.bias(y) if "bias" in self._children else y
