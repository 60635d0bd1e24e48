"""Long short-term memory on trees."""

from __future__ import annotations

from typing import Any

from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.array.concat import concat
from chainer.functions.array.split_axis import split_axis
from chainer.functions.rnn.tree_lstm import tree_lstm
from chainer.link import Chain
from chainer.links.connection.linear import Linear
from chainer.types import VariableLike
from chainer.variable import Variable


class ChildSumTreeLSTM(Chain):
    """A node of a tree of LSTM units with any number of children, whose order does not matter.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of units.

    Attributes:
        W_x: :class:`~chainer.links.Linear` from the input to cell input, input, output and forget gate, in blocks.
        W_h_aio: The same from the sum of the children's outputs to the first three, without bias.
        W_h_f: The same from a child's output to its forget gate, without bias.

    References:
        Tai et al., *Improved Semantic Representations From Tree-Structured Long Short-Term Memory Networks*, ACL 2015.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> node = L.ChildSumTreeLSTM(3, 5)
        >>> x = np.zeros((2, 3), np.float32)
        >>> c1, h1 = node(x)  # a leaf
        >>> c2, h2 = node(x)
        >>> c, h = node(c1, c2, h1, h2, x)
        >>> h.shape
        (2, 5)
    """

    def __init__(self, in_size: int | None, out_size: int) -> None:
        super().__init__()
        with self.init_scope():
            self.W_x = Linear(in_size, 4 * out_size)
            self.W_h_aio = Linear(out_size, 3 * out_size, nobias=True)
            self.W_h_f = Linear(out_size, out_size, nobias=True)
        self.in_size = in_size
        self.state_size = out_size

    def forward(self, *cshsx: VariableLike | None) -> tuple[Variable, Variable]:
        """Computes a node.

        Args:
            cshsx: Cells of all children, then outputs of all children, then the input; ``None`` stands for zero. Shapes
                ``(B, out_size)`` and ``(B, in_size)``.

        Returns:
            Cells and outputs of the node. Shape ``(B, out_size)`` each.

        Raises:
            ValueError: Everything is ``None``, or there are not as many cells as outputs.
        """
        cs, hs, x = _children_and_input(cshsx)
        zeros = _zeros_like_states(self, cs, hs, x)
        # A leaf has one child that is zero: there is nothing to sum over otherwise.
        cs = [zeros if c is None else c for c in cs] or [zeros]
        hs = [zeros if h is None else h for h in hs] or [zeros]
        n_children = len(cs)
        aio: Any = self.W_h_aio(sum(hs[1:], start=hs[0]))
        forgets = split_axis(self.W_h_f(concat(hs, axis=0)), n_children, axis=0)
        x_aio, x_forget = split_axis(_map_of_input(self.W_x, x), [3 * self.state_size], axis=-1)
        forgets = [forget + x_forget for forget in forgets]
        return tree_lstm(*cs, concat((aio + x_aio, *forgets), axis=1))


class NaryTreeLSTM(Chain):
    """A node of a tree of LSTM units with a fixed number of children, each with weights of its own.

    Args:
        in_size: Number of inputs, or ``None`` to learn it from the first batch.
        out_size: Number of units.
        n_ary: Number of children.

    Attributes:
        W_x: :class:`~chainer.links.Linear` from the input to cell input, input gate, output gate and the forget gates
            of all children, in blocks.
        W_h1, W_h2, ...: The same from the output of each child, without bias.

    Raises:
        ValueError: ``n_ary`` is less than 1.

    References:
        Tai et al., *Improved Semantic Representations From Tree-Structured Long Short-Term Memory Networks*, ACL 2015.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> node = L.NaryTreeLSTM(3, 5, n_ary=2)
        >>> c1, h1 = node(None, None, None, None, np.zeros((2, 3), np.float32))  # a leaf
        >>> c, h = node(c1, c1, h1, h1, None)
        >>> h.shape
        (2, 5)
    """

    def __init__(self, in_size: int | None, out_size: int, n_ary: int = 2) -> None:
        if n_ary < 1:
            raise ValueError(f"n_ary must be at least 1, got {n_ary}")
        super().__init__()
        with self.init_scope():
            self.W_x = Linear(in_size, (3 + n_ary) * out_size)
            for i in range(1, n_ary + 1):
                setattr(self, f"W_h{i}", Linear(out_size, (3 + n_ary) * out_size, nobias=True))
        self.in_size = in_size
        self.state_size = out_size
        self.n_ary = n_ary

    def forward(self, *cshsx: VariableLike | None) -> tuple[Variable, Variable]:
        """Computes a node.

        Args:
            cshsx: Cells of all children, then outputs of all children, then the input; ``None`` stands for zero. Shapes
                ``(B, out_size)`` and ``(B, in_size)``.

        Returns:
            Cells and outputs of the node. Shape ``(B, out_size)`` each.

        Raises:
            ValueError: Everything is ``None``, or there are not as many children as told.
        """
        cs, hs, x = _children_and_input(cshsx)
        if len(cs) != self.n_ary:
            raise ValueError(f"expected cells and outputs of {self.n_ary} children, got those of {len(cs)}")
        zeros = _zeros_like_states(self, cs, hs, x)
        gates: Any = _map_of_input(self.W_x, x)
        if gates.ndim == 1:
            gates = broadcast_to(gates, (len(zeros), *gates.shape))
        for i, h in enumerate(hs, start=1):
            if h is not None:
                gates = gates + self[f"W_h{i}"](h)
        return tree_lstm(*(zeros if c is None else c for c in cs), gates)


def _children_and_input(cshsx: tuple[Any, ...]) -> tuple[list[Any], list[Any], Any]:
    if len(cshsx) % 2 != 1:
        raise ValueError(
            f"expected cells and outputs of the children and one input, an odd number of arguments, got {len(cshsx)}"
        )
    n_children = len(cshsx) // 2
    return list(cshsx[:n_children]), list(cshsx[n_children:-1]), cshsx[-1]


def _map_of_input(W_x: Linear, x: Any) -> Any:
    """Map of an input, or of zero, which is the bias; the input size of ``W_x`` need not be known for that."""
    return W_x.b if x is None else W_x(x)


def _zeros_like_states(link: Any, cs: list[Any], hs: list[Any], x: Any) -> Any:
    given = [v for v in (x, *cs, *hs) if v is not None]
    if not given:
        raise ValueError("at least one of the cells, the outputs and the input must be given, all are None")
    return link.xp.zeros((given[0].shape[0], link.state_size), given[0].dtype)
