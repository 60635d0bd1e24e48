"""Embeddings of identifiers."""

from __future__ import annotations

from typing import Self

from chainer import initializers
from chainer.functions.connection.embed_id import embed_id
from chainer.initializers.normal import Normal
from chainer.link import Link
from chainer.types import InitializerLike, VariableLike
from chainer.variable import Parameter, Variable, as_array


class EmbedID(Link):
    """Looks up a learnt vector for each identifier, as of words of a vocabulary.

    Args:
        in_size: Number of identifiers.
        out_size: Length of the vectors.
        initialW: Initial value of ``W``; :class:`~chainer.initializers.Normal` of scale 1 by default.
        ignore_label: Identifier that stands for nothing: its vector is zero. ``None`` for none.

    Attributes:
        W: The vectors. Shape ``(in_size, out_size)``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.EmbedID(10, 3)(np.array([[1, 9]], np.int32)).shape
        (1, 2, 3)
    """

    W: Parameter
    ignore_label: int | None = None

    def __init__(
        self, in_size: int, out_size: int, initialW: InitializerLike = None, ignore_label: int | None = None
    ) -> None:
        super().__init__()
        self.ignore_label = ignore_label
        with self.init_scope():
            self.W = Parameter(initializers.get_initializer(initialW, Normal(1.0)), (in_size, out_size))

    @classmethod
    def from_params(cls, W: VariableLike, ignore_label: int | None = None) -> Self:
        """Makes a link that starts with the given vectors.

        Args:
            W: The vectors. Shape ``(in_size, out_size)``.
            ignore_label: As for the class.
        """
        in_size, out_size = W.shape
        return cls(in_size, out_size, as_array(W), ignore_label)

    def forward(self, x: VariableLike) -> Variable:
        """Looks up the vectors.

        Args:
            x: Identifiers. Any shape, an integer dtype.

        Returns:
            Shape ``(*x.shape, out_size)``.
        """
        return embed_id(x, self.W, self.ignore_label)
