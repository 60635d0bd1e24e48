"""Affine maps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Self

from chainer import initializers
from chainer.functions.connection.linear import linear
from chainer.link import Link
from chainer.types import InitializerLike, NdArray, VariableLike
from chainer.variable import Parameter, Variable, as_array


class Linear(Link):
    r"""Affine map :math:`y = x W^\top + b` with learnt ``W`` and ``b``.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch. May be left out:
            ``Linear(10)`` is ``Linear(None, 10)``.
        out_size: Number of outputs.
        nobias: Whether to do without ``b``.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of ``b``; zero by default.

    Attributes:
        W: Weight. Shape ``(out_size, in_size)``.
        b: Bias, or ``None``. Shape ``(out_size,)``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Linear(None, 2)(np.zeros((4, 3), np.float32)).shape
        (4, 2)
    """

    W: Parameter
    b: Parameter | None

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        nobias: bool = False,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
    ) -> None:
        super().__init__()
        if out_size is None:
            in_size, out_size = None, in_size
        self.in_size = in_size
        self.out_size: Any = out_size
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW))
            if in_size is not None:
                self._initialize_params(in_size)
            self.b = None if nobias else Parameter(initializers.get_initializer(initial_bias, 0), out_size)

    def _initialize_params(self, in_size: int) -> None:
        self.W.initialize((self.out_size, in_size))

    @classmethod
    def from_params(cls, W: VariableLike, b: VariableLike | None = None, nobias: bool = False) -> Self:
        """Makes a link that starts with the given values.

        Args:
            W: Weight. Shape ``(out_size, in_size)``.
            b: Bias; zero by default. Shape ``(out_size,)``.
            nobias: Whether to do without ``b``.

        Raises:
            ValueError: ``b`` does not fit ``W``.

        Example:
            >>> import chainer.links as L, numpy as np
            >>> str(L.Linear.from_params(np.eye(2, 3, dtype=np.float32)))
            'Linear(in_size=3, out_size=2, nobias=False)'
        """
        out_size, in_size = W.shape
        return cls(in_size, out_size, nobias, as_array(W), _bias_of_size(b, out_size))

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        yield "in_size", self.in_size
        yield "out_size", self.out_size
        yield "nobias", self.b is None

    def forward(self, x: VariableLike, n_batch_axes: int = 1) -> Variable:
        """Applies the map.

        Args:
            x: Batch of inputs; all but the first ``n_batch_axes`` axes are flattened into one of length ``in_size``.
            n_batch_axes: Number of batch axes.

        Returns:
            Shape ``(B_1, ..., B_n, out_size)``.
        """
        if self.W.array is None:
            self._initialize_params(math.prod(x.shape[n_batch_axes:]))
        return linear(x, self.W, self.b, n_batch_axes)


def _bias_of_size(b: VariableLike | None, out_size: int) -> NdArray | None:
    """Array of a bias given to ``from_params``."""
    if b is not None and b.shape != (out_size,):
        raise ValueError(f"b must have shape {(out_size,)}, one value an output of W, got {b.shape}")
    return None if b is None else as_array(b)
