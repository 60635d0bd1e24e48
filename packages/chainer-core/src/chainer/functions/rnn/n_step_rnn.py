"""Recurrent networks over whole sequences, in several layers and in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from chainer import backend
from chainer.functions.activation.relu import relu
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.concat import concat
from chainer.functions.array.split_axis import split_axis
from chainer.functions.array.stack import stack
from chainer.functions.noise.dropout import dropout
from chainer.functions.rnn._layer import Unit, rnn_layer
from chainer.types import NdArray, VariableLike
from chainer.utils import type_check
from chainer.utils.argument import assert_kwargs_empty, check_unexpected_kwargs
from chainer.variable import Variable, as_variable


def n_step_rnn_impl(
    f: Unit,
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    cx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    use_bi_direction: bool,
) -> tuple[Variable, Variable | None, list[Variable]]:
    """Runs layers of a recurrent network over sequences.

    Args:
        f: Kind of the units.
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states; ``None`` for zeros. Shape ``(S, B, C)`` with ``S`` layers times directions.
        cx: Initial cells, likewise, or ``None`` if there are none.
        ws: Weights of each layer and direction.
        bs: Biases of each layer and direction.
        xs: Inputs of each time step. Shape ``(B_t, I)``, with ``B_t`` not growing.
        use_bi_direction: Whether each layer runs in both directions.

    Returns:
        Last states, last cells, and the states of the last layer at each time step.

    Raises:
        ValueError: ``xs`` is empty, or the number of layers does not go with states, weights or biases.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit, or a batch grows.
    """
    n_directions = 2 if use_bi_direction else 1
    n_states, n_weights = n_layers * n_directions, 2 * f.n_sums
    _check_arguments(n_states, n_weights, hx, ws, bs, xs)
    batches = [x.shape[0] for x in xs]
    if hx is None:
        hx = zero_states(n_states, xs[0], ws)
    h0s, c0s = as_variable(hx), None if cx is None else as_variable(cx)
    inputs = concat(xs, axis=0)
    last_hs, last_cs = [], []
    for layer in range(n_layers):
        outputs = []
        for direction in range(n_directions):
            index = layer * n_directions + direction
            kept = dropout(inputs, dropout_ratio) if layer > 0 else inputs  # each direction draws a mask of its own
            hs, h, c = rnn_layer(
                f,
                kept,
                h0s[index],
                None if c0s is None else c0s[index],
                ws[index][:n_weights],
                bs[index][:n_weights],
                batches,
                direction == 1,
            )
            last_hs.append(h)
            last_cs.append(c)
            outputs.append(hs)
        inputs = concat(outputs, axis=1) if use_bi_direction else outputs[0]
    ys = list(split_axis(inputs, list(accumulate(batches[:-1])), 0))
    return stack(last_hs), None if cx is None else stack(last_cs), ys


def zero_states(n_states: int, x: VariableLike, ws: Sequence[Sequence[VariableLike]]) -> Variable:
    xp = backend.get_array_module(x)
    return Variable(xp.zeros((n_states, x.shape[0], ws[0][0].shape[0]), x.dtype), requires_grad=False)


def _check_arguments(
    n_states: int, n_weights: int, hx: Any, ws: Sequence[Any], bs: Sequence[Any], xs: Sequence[Any]
) -> None:
    if len(xs) == 0:
        raise ValueError("xs is empty: there must be one time step at least")
    for name, value in (("hx", hx), ("ws", ws), ("bs", bs)):
        if value is not None and len(value) < n_states:
            raise ValueError(
                f"{name} must have one entry a layer and direction, which are {n_states}, got {len(value)}"
            )
    for name, lists in (("ws", ws), ("bs", bs)):
        for i, items in enumerate(lists[:n_states]):
            if len(items) < n_weights:
                raise ValueError(f"{name}[{i}] must have {n_weights} entries, got {len(items)}")
    batches = [x.shape[0] for x in xs]
    if hx is not None:
        batches.insert(0, hx.shape[1])
    if batches != sorted(batches, reverse=True):
        raise type_check.InvalidType(
            "batch sizes that do not grow from the initial state on",
            f"{batches}",
            f"the batch size may not grow from the initial state over the time steps of xs, got {batches}; sort "
            "sequences by length, longest first, and apply transpose_sequence",
        )


def refuse_arguments(kwargs: dict[str, Any]) -> None:
    """Raises if any keyword argument is left, with an explanation for withdrawn ones."""
    if kwargs:
        check_unexpected_kwargs(
            kwargs,
            use_cudnn="use_cudnn argument is not supported anymore. Use chainer.using_config",
            train="train argument is not supported anymore. Use chainer.using_config",
        )
        assert_kwargs_empty(kwargs)


class SimpleUnit:
    """Units without gates: an activation of the sum.

    Args:
        name: Name of the activation.
        activation: The activation, of variables.
        array_activation: The same, of an array module and an array.
        gradient: Its gradient, of the output and the gradient of the output.
    """

    n_sums, n_gates, has_cells = 1, 0, False

    def __init__(
        self,
        name: str,
        activation: Callable[[Variable], Variable],
        array_activation: Callable[[Any, NdArray], NdArray],
        gradient: Callable[[NdArray, NdArray], NdArray],
    ) -> None:
        self.name = name
        self._activation = activation
        self._array_activation = array_activation
        self._gradient = gradient

    def step(self, x: NdArray, s: NdArray, h: NdArray, c: None) -> tuple[NdArray, None, None]:
        return self._array_activation(backend.get_array_module(x), x + s), None, None

    def gradients(
        self, gates: None, h: NdArray, h_before: NdArray, c: None, c_before: None, gh: NdArray, gc: None
    ) -> tuple[NdArray, NdArray, None, None]:
        gx = self._gradient(h, gh)
        return gx, gx, None, None

    def compose(self, x: Variable, s: Variable, h: Variable, c: None) -> tuple[Variable, None]:
        return self._activation(x + s), None


_UNITS = {
    "tanh": SimpleUnit("tanh", tanh, lambda xp, x: xp.tanh(x), lambda h, gh: gh * (1 - h * h)),
    "relu": SimpleUnit("relu", relu, lambda xp, x: xp.maximum(x, 0), lambda h, gh: gh * (h > 0)),
}


def n_step_rnn(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    activation: str = "tanh",
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    r"""Runs layers of a simple recurrent network over sequences.

    In each layer, with :math:`\phi` the activation,

    .. math:: h_t = \phi(W_0 x_t + W_1 h_{t-1} + b_0 + b_1).

    The input of a layer is the output of the one before, with dropout.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(n_layers, B, C)``.
        ws: Weights: ``ws[i][0]`` and ``ws[i][1]`` are :math:`W_0` and :math:`W_1` of layer ``i``. Shape ``(C, I)`` in
            the first layer for :math:`W_0`, else ``(C, C)``.
        bs: Biases, likewise. Shape ``(C,)``.
        xs: Inputs of each time step. Shape ``(B_t, I)``, where ``B_t`` is not greater than the one before: sequences
            are sorted by length, longest first. See :func:`~chainer.functions.transpose_sequence`.
        activation: ``"tanh"`` or ``"relu"``.
        kwargs: None is taken; ``use_cudnn`` and ``train`` are withdrawn.

    Returns:
        Last states, of shape ``(n_layers, B, C)``, and the list of the last layer's states at each time step, of shape
        ``(B_t, C)``.

    Raises:
        ValueError: ``activation`` is unknown, ``xs`` is empty, or there are not as many states, weights and biases as
            layers.
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not fit, or a batch grows.

    References:
        Elman, *Finding Structure in Time*, Cognitive Science 1990.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> w = [[np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)]]
        >>> b = [[np.zeros(2, np.float32)] * 2]
        >>> x = np.array([[1, 2]], np.float32)
        >>> hy, ys = F.n_step_rnn(1, 0.0, np.zeros((1, 1, 2), np.float32), w, b, [x, x], activation="relu")
        >>> hy
        variable([[[2., 4.]]])
    """
    return n_step_rnn_base(n_layers, dropout_ratio, hx, ws, bs, xs, activation, use_bi_direction=False, **kwargs)


def n_step_birnn(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    activation: str = "tanh",
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    """Runs layers of a simple recurrent network over sequences in both directions.

    As :func:`n_step_rnn`, but each layer has two parts: one runs forward, the other backward in time, and their
    outputs are joined. States, weights and biases alternate: forward and backward of the first layer, of the second,
    and so on.

    Args:
        n_layers: Number of layers.
        dropout_ratio: Ratio of dropout between layers.
        hx: Initial states, or ``None`` for zeros. Shape ``(2 * n_layers, B, C)``.
        ws: Weights. :math:`W_0` has shape ``(C, I)`` in the first layer and ``(C, 2 C)`` in the others.
        bs: Biases.
        xs: Inputs of each time step, as for :func:`n_step_rnn`.
        activation: ``"tanh"`` or ``"relu"``.
        kwargs: None is taken.

    Returns:
        Last states, of shape ``(2 * n_layers, B, C)``, and the list of the last layer's outputs, of shape
        ``(B_t, 2 C)``.

    Raises:
        ValueError: As for :func:`n_step_rnn`.
        chainer.utils.type_check.InvalidType: As for :func:`n_step_rnn`.
    """
    return n_step_rnn_base(n_layers, dropout_ratio, hx, ws, bs, xs, activation, use_bi_direction=True, **kwargs)


def n_step_rnn_base(
    n_layers: int,
    dropout_ratio: float,
    hx: VariableLike | None,
    ws: Sequence[Sequence[VariableLike]],
    bs: Sequence[Sequence[VariableLike]],
    xs: Sequence[VariableLike],
    activation: str,
    use_bi_direction: bool,
    **kwargs: Any,
) -> tuple[Variable, list[Variable]]:
    """What :func:`n_step_rnn` and :func:`n_step_birnn` have in common.

    Args:
        n_layers: As there.
        dropout_ratio: As there.
        hx: As there.
        ws: As there.
        bs: As there.
        xs: As there.
        activation: As there.
        use_bi_direction: Whether each layer runs in both directions.
        kwargs: As there.
    """
    refuse_arguments(kwargs)
    if activation not in _UNITS:
        raise ValueError(f"activation must be one of {', '.join(_UNITS)}, got {activation!r}")
    hy, _, ys = n_step_rnn_impl(_UNITS[activation], n_layers, dropout_ratio, hx, None, ws, bs, xs, use_bi_direction)
    return hy, ys
