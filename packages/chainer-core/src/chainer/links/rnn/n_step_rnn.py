"""Recurrent layers that run over whole sequences of different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from chainer import initializers
from chainer.functions.array.permutate import permutate
from chainer.functions.array.transpose_sequence import transpose_sequence
from chainer.functions.rnn.n_step_rnn import n_step_birnn, n_step_rnn
from chainer.link import ChainList, Link
from chainer.types import InitializerLike, NdArray, VariableLike
from chainer.utils import argument
from chainer.variable import Parameter, Variable

WITHDRAWN = {
    "use_cudnn": "use_cudnn is not an argument any more: use chainer.using_config('use_cudnn', value)",
    "train": "train is not an argument any more: use chainer.using_config('train', value)",
}
"""Arguments of older versions, as :func:`chainer.utils.argument.parse_kwargs` takes them."""


def argsort_list_descent(lst: Sequence[VariableLike]) -> NdArray:
    """Indices that sort sequences by length, longest first; equal lengths keep their order.

    Args:
        lst: The sequences.

    Returns:
        int32.

    Example:
        >>> import numpy as np
        >>> argsort_list_descent([np.zeros(1), np.zeros(3), np.zeros(2)]).tolist()
        [1, 2, 0]
    """
    return numpy.argsort([-len(x) for x in lst], kind="stable").astype(numpy.int32)


def permutate_list(lst: Sequence[Any], indices: Sequence[int] | NdArray, inv: bool) -> list[Any]:
    """Reorders a list.

    Args:
        lst: The list.
        indices: Where each element of the result comes from.
        inv: Whether to go the other way: where each element of ``lst`` goes to.

    Example:
        >>> permutate_list(["a", "b", "c"], [2, 0, 1], inv=False), permutate_list(["c", "a", "b"], [2, 0, 1], inv=True)
        (['c', 'a', 'b'], ['a', 'b', 'c'])
    """
    if not inv:
        return [lst[index] for index in indices]
    result: list[Any] = [None] * len(lst)
    for index, item in zip(indices, lst):
        result[index] = item
    return result


class NStepRNNBase(ChainList):
    """A stack of recurrent layers that runs over a batch of sequences in one call.

    Each child is one layer, or one direction of a layer, with parameters ``w0, b0, w1, b1, ...``: the first half of the
    weights are for the input, the other half for the units. In a bidirectional stack children take turns: forward,
    backward, forward, ...

    Args:
        n_layers: Number of layers.
        in_size: Number of inputs.
        out_size: Number of units of a layer, in each direction.
        dropout: Ratio of dropout between layers, while training.
        initialW: Initial value of all weights; :class:`~chainer.initializers.LeCunNormal` by default.
        initial_bias: Initial value of all biases; zero by default.

    Attributes:
        n_weights: Number of weights, and of biases, of a child.
        use_bi_direction: Whether there are two directions.
        n_cells: Number of states of a layer: 2 for LSTM, else 1.
        direction: Number of directions.
    """

    n_weights: ClassVar[int]
    use_bi_direction: ClassVar[bool] = False

    def __init__(
        self,
        n_layers: int,
        in_size: int,
        out_size: int,
        dropout: float,
        *,
        initialW: InitializerLike = None,
        initial_bias: InitializerLike = None,
        **kwargs: Any,
    ) -> None:
        argument.parse_kwargs(kwargs, **WITHDRAWN)
        self.direction = 2 if self.use_bi_direction else 1
        weight_init = initializers.get_initializer(initialW)
        bias_init = initializers.get_initializer(initial_bias, 0)
        layers = []
        for i in range(n_layers):
            n_in = in_size if i == 0 else out_size * self.direction
            for _ in range(self.direction):
                layer = Link()
                with layer.init_scope():
                    for j in range(self.n_weights):
                        width = n_in if j < self.n_weights // 2 else out_size
                        setattr(layer, f"w{j}", Parameter(weight_init, (out_size, width)))
                        setattr(layer, f"b{j}", Parameter(bias_init, (out_size,)))
                layers.append(layer)
        super().__init__(*layers)
        self.n_layers = n_layers
        self.dropout = dropout
        self.out_size = out_size

    @property
    def n_cells(self) -> int:
        """Number of states of a layer."""
        return 1

    @property
    def ws(self) -> list[list[Parameter]]:
        """Weights of each child."""
        return [[getattr(layer, f"w{j}") for j in range(self.n_weights)] for layer in self]

    @property
    def bs(self) -> list[list[Parameter]]:
        """Biases of each child."""
        return [[getattr(layer, f"b{j}") for j in range(self.n_weights)] for layer in self]

    def rnn(self, *args: Any) -> Any:
        """The function behind, as :func:`chainer.functions.n_step_lstm` and its kin."""
        raise NotImplementedError

    def init_hx(self, xs: Sequence[VariableLike]) -> Variable:
        """A state of zeros.

        Args:
            xs: The sequences; longest first or not.

        Returns:
            Shape ``(n_layers * direction, B, out_size)``, the dtype of the sequences.
        """
        shape = (self.n_layers * self.direction, len(xs), self.out_size)
        return Variable(self.xp.zeros(shape, xs[0].dtype), requires_grad=False)

    def _run(self, states: Sequence[VariableLike | None], xs: Sequence[VariableLike]) -> tuple[Any, ...]:
        """States after the last step and outputs of all steps; sequences are sorted and put back in order here."""
        if not isinstance(xs, list | tuple) or not xs:
            raise TypeError(f"xs must be a non-empty list of sequences, got {_describe(xs)}")
        indices = argsort_list_descent(xs)
        # Steps of the sequences that are still running: (number of sequences, in_size) for each time.
        steps = transpose_sequence(permutate_list(xs, indices, inv=False))
        order = self.xp.asarray(indices)
        sorted_states = [self.init_hx(xs) if h is None else permutate(h, order, axis=1) for h in states]
        *last, ys = self.rnn(self.n_layers, self.dropout, *sorted_states, self.ws, self.bs, steps)
        outputs = permutate_list(transpose_sequence(ys), indices, inv=True)
        return (*(permutate(h, order, axis=1, inv=True) for h in last), outputs)

    def forward(
        self, hx: VariableLike | None, xs: Sequence[VariableLike], **kwargs: Any
    ) -> tuple[Variable, list[Variable]]:
        """Runs over a batch of sequences.

        Args:
            hx: State before the first step; zero if ``None``. Shape ``(n_layers * direction, B, out_size)``.
            xs: The sequences, in any order. Each of shape ``(length, in_size)``.

        Returns:
            State after the last step, as ``hx``, and the outputs of the last layer, one array of shape
            ``(length, out_size * direction)`` a sequence.

        Raises:
            TypeError: ``xs`` is not a list or tuple, or it is empty.
        """
        argument.parse_kwargs(kwargs, **WITHDRAWN)
        hy, ys = self._run((hx,), xs)
        return hy, ys


def _describe(xs: Any) -> str:
    return "an empty one" if isinstance(xs, list | tuple) else type(xs).__name__


class _PlainRNN(NStepRNNBase):
    """Layers with one weight for the input and one for the units, and an activation."""

    n_weights = 2
    activation: ClassVar[str]

    def rnn(self, *args: Any) -> Any:
        run: Any = n_step_birnn if self.use_bi_direction else n_step_rnn
        return run(*args, activation=self.activation)


class NStepRNNTanh(_PlainRNN):
    """A stack of plain recurrent layers with tanh, over whole sequences; see :func:`chainer.functions.n_step_rnn`.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> sequences = [np.zeros((4, 3), np.float32), np.zeros((6, 3), np.float32)]
        >>> h, ys = L.NStepRNNTanh(2, 3, 5, dropout=0.1)(None, sequences)
        >>> h.shape, [y.shape for y in ys]
        ((2, 2, 5), [(4, 5), (6, 5)])
    """

    activation = "tanh"


class NStepRNNReLU(_PlainRNN):
    """A stack of plain recurrent layers with ReLU, over whole sequences; see :func:`chainer.functions.n_step_rnn`.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.
    """

    activation = "relu"


class NStepBiRNNTanh(_PlainRNN):
    """A bidirectional stack of plain recurrent layers with tanh; see :func:`chainer.functions.n_step_birnn`.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.
    """

    activation = "tanh"
    use_bi_direction = True


class NStepBiRNNReLU(_PlainRNN):
    """A bidirectional stack of plain recurrent layers with ReLU; see :func:`chainer.functions.n_step_birnn`.

    Args:
        n_layers: As for :class:`NStepRNNBase`, and so are the other arguments.
    """

    activation = "relu"
    use_bi_direction = True
