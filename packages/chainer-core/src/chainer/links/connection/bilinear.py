"""Bilinear maps."""

from __future__ import annotations

from chainer import initializers
from chainer.functions.connection.bilinear import bilinear
from chainer.link import Link
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Parameter, Variable


class Bilinear(Link):
    r"""Map of two vectors that is linear in each, and a linear map of both.

    .. math:: y_k = \sum_{ij} e^1_i e^2_j W_{ijk} + \sum_i e^1_i V^1_{ik} + \sum_j e^2_j V^2_{jk} + b_k

    Args:
        left_size: Length of the first vector.
        right_size: Length of the second vector.
        out_size: Length of the output.
        nobias: Whether to do without ``V1``, ``V2`` and ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial values of ``V1``, ``V2`` and ``b``, in a tuple; ``LeCunNormal`` for the matrices and zero
            for ``b`` by default.

    Attributes:
        W: Shape ``(left_size, right_size, out_size)``.
        V1: Shape ``(left_size, out_size)``; only with bias.
        V2: Shape ``(right_size, out_size)``; only with bias.
        b: Shape ``(out_size,)``; only with bias.

    Raises:
        ValueError: ``initial_bias`` is not a tuple of three.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Bilinear(2, 3, 4)(np.zeros((5, 2), np.float32), np.zeros((5, 3), np.float32)).shape
        (5, 4)
    """

    W: Parameter
    V1: Parameter
    V2: Parameter
    b: Parameter

    def __init__(
        self,
        left_size: int,
        right_size: int,
        out_size: int,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: tuple[InitializerLike, InitializerLike, InitializerLike] | None = None,
    ) -> None:
        super().__init__()
        self.in_sizes = (left_size, right_size)
        self.nobias = nobias
        if initial_bias is None:
            initial_bias = (None, None, 0)
        elif not isinstance(initial_bias, tuple) or len(initial_bias) != 3:
            raise ValueError(
                f"initial_bias must be a tuple of the initial values of V1, V2 and b, got {initial_bias!r}"
            )
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW), (left_size, right_size, out_size))
            if not nobias:
                V1, V2, b = initial_bias
                self.V1 = Parameter(initializers.get_initializer(V1), (left_size, out_size))
                self.V2 = Parameter(initializers.get_initializer(V2), (right_size, out_size))
                self.b = Parameter(initializers.get_initializer(b, 0), out_size)

    def forward(self, e1: VariableLike, e2: VariableLike) -> Variable:
        """Applies the map.

        Args:
            e1: First vectors; all axes but the first are flattened into one. Shape ``(B, left_size)``.
            e2: Second vectors, likewise. Shape ``(B, right_size)``.

        Returns:
            Shape ``(B, out_size)``.
        """
        if self.nobias:
            return bilinear(e1, e2, self.W)
        return bilinear(e1, e2, self.W, self.V1, self.V2, self.b)

    def zero_grads(self) -> None:
        """Sets all gradients to zeros: :meth:`zerograds` by its old name."""
        self.zerograds()
