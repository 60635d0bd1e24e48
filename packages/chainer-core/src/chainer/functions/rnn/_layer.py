"""One layer of recurrent units over packed sequences, in one direction, as one function.

What is published as ``n_step_*`` stacks such layers. Sequences are sorted by length, longest first, so those that run
at a time step are the first ones of the batch: a step works on the first ``batch`` rows of the states, and the rows of
sequences that are over, or that begin later, just stay. Both directions are that same loop, in another order.

The kernels have the same arguments and results as :func:`plain_forward` and :func:`plain_backward`, but for the unit,
of which they get the name, and may return ``None`` for what they do not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions._composed import second_gradients
from chainer.functions.array.concat import concat
from chainer.functions.array.split_axis import split_axis
from chainer.functions.connection.linear import _grad_data, _grad_weight, _product, linear
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class Unit(Protocol):
    """A kind of recurrent unit: a step of it, between the products with weights.

    Attributes:
        name: What kernels know it by: ``lstm``, ``gru``, ``tanh`` or ``relu``.
        n_sums: Number of affine maps of the input, and of the states; each has ``C`` columns.
        n_gates: Number of gates that a step keeps for its gradients, likewise; 0 if the states tell all.
        has_cells: Whether there are cells beside the states.
    """

    name: str
    n_sums: int
    n_gates: int
    has_cells: bool

    def step(self, x: NdArray, s: NdArray, h: NdArray, c: Any) -> tuple[NdArray, Any, Any]:
        """The next states, cells and gates, from the affine maps ``x`` of inputs and ``s`` of states."""

    def gradients(
        self, gates: NdArray, h: NdArray, h_before: NdArray, c: Any, c_before: Any, gh: NdArray, gc: Any
    ) -> tuple[NdArray, NdArray, Any, Any]:
        """Gradients of ``x``, ``s``, states and cells of a step; those of states without what comes through ``s``."""

    def compose(self, x: Variable, s: Variable, h: Variable, c: Any) -> tuple[Variable, Any]:
        """The next states and cells, of simple functions."""


def steps(batches: Sequence[int], is_reversed: bool) -> list[slice]:
    """Rows of each time step in packed arrays, in the order in which time passes."""
    slices, begin = [], 0
    for batch in batches:
        slices.append(slice(begin, begin + batch))
        begin += batch
    return slices[::-1] if is_reversed else slices


def plain_forward(
    unit: Unit,
    x: NdArray,
    h0: NdArray,
    c0: NdArray | None,
    ws: Sequence[NdArray],
    bs: Sequence[NdArray],
    batches: Sequence[int],
    is_reversed: bool,
) -> tuple[NdArray, NdArray, Any, Any, Any]:
    """Runs a layer: the definition of the kernel ``rnn_forward``.

    Args:
        unit: Kind of the units.
        x: Inputs of all time steps. Shape ``(N, I)``, where ``N`` is the sum of ``batches``.
        h0: States in the beginning. Shape ``(B, C)``.
        c0: Cells in the beginning, if there are any.
        ws: Weights of the inputs, then those of the states. Shapes ``(C, I)`` and ``(C, C)``.
        bs: Biases, likewise. Shape ``(C,)``.
        batches: Number of sequences of each time step. None is larger than the one before.
        is_reversed: Whether the layer runs backward in time.

    Returns:
        States of all time steps, of shape ``(N, C)``, last states and last cells, of shape ``(B, C)``, and for
        :func:`plain_backward` gates, of shape ``(N, n_gates C)``, and cells of all time steps.
    """
    xp = backend.get_array_module(x)
    n, n_units = len(x), h0.shape[1]
    Wh, bh = xp.concatenate(ws[unit.n_sums :]), xp.concatenate(bs[unit.n_sums :])
    projected = _product(x, xp.concatenate(ws[: unit.n_sums]))
    projected += xp.concatenate(bs[: unit.n_sums])
    h, c = h0.copy(), None if c0 is None else c0.copy()
    hs, gates = xp.empty((n, n_units), x.dtype), xp.empty((n, unit.n_gates * n_units), x.dtype)
    cells = None if c is None else xp.empty_like(hs)
    for rows in steps(batches, is_reversed):
        batch = rows.stop - rows.start
        s = _product(h[:batch], Wh)
        s += bh
        h[:batch], c_next, kept = unit.step(projected[rows], s, h[:batch], None if c is None else c[:batch])
        hs[rows] = h[:batch]
        if unit.n_gates > 0:
            gates[rows] = kept
        if c is not None:
            c[:batch] = cells[rows] = c_next  # type: ignore[index]
    return hs, h, c, gates, cells


def plain_backward(
    unit: Unit,
    x: NdArray,
    h0: NdArray,
    c0: NdArray | None,
    ws: Sequence[NdArray],
    batches: Sequence[int],
    is_reversed: bool,
    hs: NdArray,
    gates: NdArray | None,
    cells: NdArray | None,
    ghs: NdArray | None,
    gh: NdArray | None,
    gc: NdArray | None,
    needs_gx: bool,
) -> tuple[Any, NdArray, Any, list[NdArray], list[NdArray]]:
    """Gradients of a layer: the definition of the kernel ``rnn_backward``.

    Args:
        unit: As for :func:`plain_forward`, and so are the next ones.
        x: As there.
        h0: As there.
        c0: As there.
        ws: As there.
        batches: As there.
        is_reversed: As there.
        hs: States of all time steps, which it returned.
        gates: Gates, likewise; of no use to units that have none.
        cells: Cells of all time steps, likewise.
        ghs: Gradient of the states of all time steps, or ``None`` for zero.
        gh: Gradient of the last states, likewise.
        gc: Gradient of the last cells, likewise.
        needs_gx: Whether the gradient of ``x`` is asked for.

    Returns:
        Gradients of ``x``, ``h0``, ``c0``, and lists of those of ``ws`` and ``bs``; ``None`` for what is not there.
    """
    xp = backend.get_array_module(x)
    n_units, n_sums = h0.shape[1], unit.n_sums
    Wx, Wh = xp.concatenate(ws[:n_sums]), xp.concatenate(ws[n_sums:])
    gh = xp.zeros_like(h0) if gh is None else gh.copy()
    if c0 is not None:
        gc = xp.zeros_like(c0) if gc is None else gc.copy()
    h_before = _before(h0, hs, batches, is_reversed)
    c_before = None if c0 is None else _before(c0, cells, batches, is_reversed)
    gx, gs = (xp.empty((len(x), n_sums * n_units), x.dtype) for _ in range(2))
    for rows in reversed(steps(batches, is_reversed)):
        batch = rows.stop - rows.start
        above = gh[:batch] if ghs is None else gh[:batch] + ghs[rows]
        gx[rows], gs[rows], direct, gc_before = unit.gradients(
            None if gates is None else gates[rows],
            hs[rows],
            h_before[rows],
            None if cells is None else cells[rows],
            None if c_before is None else c_before[rows],
            above,
            None if gc is None else gc[:batch],
        )
        gh[:batch] = _grad_data(Wh, gs[rows])
        if direct is not None:
            gh[:batch] += direct
        if gc is not None:
            gc[:batch] = gc_before
    gws = [*_split(_grad_weight(x, gx, x.dtype), n_sums), *_split(_grad_weight(h_before, gs, x.dtype), n_sums)]
    gbs = [*_split(gx.sum(axis=0), n_sums), *_split(gs.sum(axis=0), n_sums)]
    return _grad_data(Wx, gx) if needs_gx else None, gh, gc, gws, gbs


def _before(initial: NdArray, states: Any, batches: Sequence[int], is_reversed: bool) -> NdArray:
    """States before each step, packed as those after it are."""
    before, state = backend.get_array_module(initial).empty_like(states), initial.copy()
    for rows in steps(batches, is_reversed):
        batch = rows.stop - rows.start
        before[rows] = state[:batch]
        state[:batch] = states[rows]
    return before


def _split(x: NdArray, n: int) -> list[NdArray]:
    size = len(x) // n
    return [x[i * size : (i + 1) * size] for i in range(n)]


class RNNLayer(FunctionNode):
    """A layer of units. Takes inputs, states, cells if there are any, weights and biases.

    Its outputs are the states of all time steps, the last states, and the last cells if there are any.

    Args:
        unit: Kind of the units.
        batches: As for :func:`plain_forward`.
        is_reversed: As for :func:`plain_forward`.
    """

    def __init__(self, unit: Unit, batches: Sequence[int], is_reversed: bool) -> None:
        self.unit = unit
        self.batches = batches
        self.is_reversed = is_reversed

    def check_type_forward(self, in_types: Any) -> None:
        names = ["x", "h", "c"] if self.unit.has_cells else ["x", "h"]
        n_states, n = len(names), self.unit.n_sums
        names += [f"W{i}" for i in range(2 * n)] + [f"b{i}" for i in range(2 * n)]
        type_check.argname(in_types, tuple(names))
        x_type, h_type = in_types[0], in_types[1]
        type_check.expect(x_type.dtype.kind == "f", x_type.ndim == 2, h_type.ndim == 2)
        type_check.expect(*[in_types[i].dtype == x_type.dtype for i in range(1, len(names))])
        n_units, in_size = h_type.shape[1], x_type.shape[1]
        if self.unit.has_cells:
            type_check.expect(in_types[2].shape == h_type.shape)
        for i in range(2 * n):
            w_type, b_type = in_types[n_states + i], in_types[n_states + 2 * n + i]
            type_check.expect(w_type.ndim == 2, b_type.ndim == 1)
            type_check.expect(
                w_type.shape[0] == n_units,
                w_type.shape[1] == (in_size if i < n else n_units),
                b_type.shape[0] == n_units,
            )

    def _parts(self, inputs: Sequence[Any]) -> tuple[Any, Any, Any, Sequence[Any], Sequence[Any]]:
        """Inputs, states, cells, weights and biases."""
        first = 3 if self.unit.has_cells else 2
        middle = first + 2 * self.unit.n_sums
        return inputs[0], inputs[1], inputs[2] if first == 3 else None, inputs[first:middle], inputs[middle:]

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))
        self.retain_outputs((0,))
        parts = self._parts(inputs)
        kernel = kernels.find("rnn_forward", inputs[0])
        results = None
        if kernel is not None:
            results = kernel(self.unit.name, *parts, self.batches, self.is_reversed)
        if results is None:
            results = plain_forward(self.unit, *parts, self.batches, self.is_reversed)
        hs, h, c, self.gates, self.cells = results
        return (hs, h) if c is None else (hs, h, c)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = self.get_retained_inputs()
        (hs,) = self.get_retained_output_arrays()
        shapes = [hs, *[x.array for x in inputs[1 : len(grad_outputs)]]]
        gys = [
            Variable(backend.get_array_module(y).zeros_like(y), requires_grad=False) if gy is None else gy
            for y, gy in zip(shapes, grad_outputs, strict=True)
        ]
        gxs = RNNLayerGrad(self, hs).apply((*inputs, *gys))
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        (hs,) = self.get_retained_output_arrays()
        gxs = self._gradients(self.get_retained_input_arrays(), hs, grad_outputs, 0 in indexes)
        return tuple([gxs[i] for i in indexes])

    def _gradients(
        self, inputs: Sequence[NdArray], hs: NdArray, grad_outputs: Sequence[Any], needs_gx: bool
    ) -> tuple[Any, ...]:
        """Gradients of all inputs."""
        *parts, _ = self._parts(inputs)
        ghs, gh, *gc = grad_outputs
        arguments = (
            *(*parts, self.batches, self.is_reversed, hs, self.gates, self.cells),
            *(ghs, gh, gc[0] if gc else None, needs_gx),
        )
        kernel = kernels.find("rnn_backward", inputs[0])
        gradients = None if kernel is None else kernel(self.unit.name, *arguments)
        gx, gh0, gc0, gws, gbs = plain_backward(self.unit, *arguments) if gradients is None else gradients
        return (gx, gh0, *gws, *gbs) if gc0 is None else (gx, gh0, gc0, *gws, *gbs)

    def compose(self, *inputs: Variable) -> tuple[Variable, ...]:
        """The same function, of simple ones."""
        x, h, c, ws, bs = self._parts(inputs)
        n = self.unit.n_sums
        Wh, bh = concat(ws[n:], axis=0), concat(bs[n:], axis=0)
        slices = steps(self.batches, False)
        projected = split_axis(
            linear(x, concat(ws[:n], axis=0), concat(bs[:n], axis=0)), [rows.stop for rows in slices[:-1]], 0
        )
        hs: list[Variable] = []
        for x_t in _in_time(projected, self.is_reversed):
            batch = x_t.shape[0]
            h_t, c_t = self.unit.compose(
                x_t, linear(_first(h, batch), Wh, bh), _first(h, batch), None if c is None else _first(c, batch)
            )
            hs.append(h_t)
            h = _joined(h_t, h)
            c = None if c is None else _joined(c_t, c)
        packed = concat(list(_in_time(hs, self.is_reversed)), axis=0)
        return (packed, h) if c is None else (packed, h, c)

    def _release(self) -> None:
        super()._release()
        self.gates = self.cells = None


def _in_time(xs: Sequence[Variable], is_reversed: bool) -> Iterable[Variable]:
    return reversed(xs) if is_reversed else xs


def _first(state: Variable, batch: int) -> Variable:
    return state if batch == state.shape[0] else state[:batch]


def _joined(state: Variable, before: Variable) -> Variable:
    """The states, and those of sequences that are not running as they were."""
    batch = state.shape[0]
    return state if batch == before.shape[0] else concat([state, before[batch:]], axis=0)


class RNNLayerGrad(FunctionNode):
    """Gradients of a layer, of its inputs and the gradients of its outputs.

    Args:
        layer: The layer.
        hs: Its states of all time steps.
    """

    def __init__(self, layer: RNNLayer, hs: NdArray) -> None:
        self.layer = layer
        self.hs = hs

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))
        n_outputs = 3 if self.layer.unit.has_cells else 2
        return self.layer._gradients(inputs[:-n_outputs], self.hs, inputs[-n_outputs:], True)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        n_outputs = 3 if self.layer.unit.has_cells else 2
        inputs = self.get_retained_inputs()
        gradients = second_gradients(self.layer.compose, inputs[:-n_outputs], inputs[-n_outputs:], grad_outputs)
        return tuple([gradients[i] for i in indexes])


def rnn_layer(
    unit: Unit,
    x: VariableLike,
    h: VariableLike,
    c: VariableLike | None,
    ws: Sequence[VariableLike],
    bs: Sequence[VariableLike],
    batches: Sequence[int],
    is_reversed: bool,
) -> tuple[Variable, Variable, Variable | None]:
    """Applies :class:`RNNLayer`: states of all time steps, last states and last cells."""
    states = (h,) if c is None else (h, c)
    hs, h, *cs = RNNLayer(unit, batches, is_reversed).apply((x, *states, *ws, *bs))
    return hs, h, cs[0] if cs else None
