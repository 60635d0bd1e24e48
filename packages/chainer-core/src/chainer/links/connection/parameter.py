"""A parameter that is a link of its own."""

from __future__ import annotations

from typing import Any

from chainer import variable
from chainer.link import Link
from chainer.types import NdArray


class Parameter(Link):
    """A link that holds one parameter and returns it.

    Args:
        array: Initial value, uncopied.

    Attributes:
        W: The parameter.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> L.Parameter(np.ones(2, np.float32))()
        variable W([1., 1.])
    """

    W: variable.Parameter

    def __init__(self, array: NdArray) -> None:
        super().__init__()
        with self.init_scope():
            self.W = variable.Parameter(array)

    def forward(self, volatile: Any = "off") -> variable.Parameter:
        """The parameter.

        Args:
            volatile: Of no effect; old code passes it.
        """
        return self.W
