"""All recurrent functions, against loops over units and time steps."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

C, N_IN = 3, 4  # numbers of units and inputs


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _lstm(c_prev: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    batch = len(x)
    a, i, f, o = (x[:, g::4] for g in range(4))
    c = c_prev.copy()
    c[:batch] = np.tanh(a) * _logistic(i) + c_prev[:batch] * _logistic(f)
    return c, np.tanh(c[:batch]) * _logistic(o)


def _slstm(c1: np.ndarray, c2: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c = _lstm(c1, x1)[0] + _lstm(c2, x2)[0]
    return c, np.tanh(c) * _logistic(x1[:, 3::4] + x2[:, 3::4])


def _tree_lstm(*inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    *cs, x = inputs
    a, i, o, *fs = np.split(x, 3 + len(cs), axis=1)
    c = np.tanh(a) * _logistic(i) + sum(c * _logistic(f) for c, f in zip(cs, fs))
    return c, np.tanh(c) * _logistic(o)


STEPS = [
    ("lstm", F.lstm, _lstm, ((3, 2), (3, 8))),
    ("lstm-ended", F.lstm, _lstm, ((3, 2), (2, 8))),
    ("lstm-empty", F.lstm, _lstm, ((0, 2), (0, 8))),
    ("lstm-images", F.lstm, _lstm, ((2, 1, 2, 3), (2, 4, 2, 3))),
    ("slstm", F.slstm, _slstm, ((3, 2), (3, 2), (3, 8), (3, 8))),
    ("tree_lstm-1", F.tree_lstm, _tree_lstm, ((3, 2), (3, 8))),
    ("tree_lstm-3", F.tree_lstm, _tree_lstm, ((3, 2), (3, 2), (3, 2), (3, 12))),
]
each_step = pytest.mark.parametrize(
    ("function", "reference", "shapes"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS]
)
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}


@each_step
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_step_matches_reference(function, reference, shapes, dtype: str, rng) -> None:
    xs = [rng.uniform(-2, 2, (*s[:-1], 2 * s[-1])).astype(dtype)[..., ::2] for s in shapes]
    for y, expected in zip(function(*xs), reference(*[x.astype("float64") for x in xs]), strict=True):
        assert y.dtype == dtype
        np.testing.assert_allclose(y.array, expected, atol=TOLERANCE[dtype])


@each_step
def test_gradients_of_a_step(function, reference, shapes, rng) -> None:
    xs = tuple(rng.uniform(-1, 1, shape) for shape in shapes)
    gys = tuple(rng.uniform(-1, 1, y.shape) for y in reference(*xs))
    options: dict[str, Any] = {"eps": 1e-4, "atol": 1e-5, "rtol": 1e-5}
    check_backward(function, xs, gys, **options)
    check_double_backward(function, xs, gys, tuple(rng.uniform(-1, 1, x.shape) for x in xs), **options)


@each_step
@pytest.mark.parametrize("index", [0, 1], ids=["cell", "output"])
def test_gradients_of_a_step_of_which_one_output_is_used(function, reference, shapes, index: int, rng) -> None:
    xs = tuple(rng.uniform(-1, 1, shape) for shape in shapes)
    gy = rng.uniform(-1, 1, reference(*xs)[index].shape)
    options: dict[str, Any] = {"eps": 1e-4, "atol": 1e-5, "rtol": 1e-5}
    check_backward(lambda *xs: function(*xs)[index], xs, gy, **options)
    ggxs = tuple(rng.uniform(-1, 1, x.shape) for x in xs)
    check_double_backward(lambda *xs: function(*xs)[index] ** 2, xs, gy, ggxs, **options)


def test_large_gates_saturate_without_a_warning() -> None:
    c, h = F.lstm(np.ones((1, 1), np.float32), np.array([[1e4, -1e4, 1e4, 1e4]], np.float32))
    np.testing.assert_allclose([c.array.item(), h.array.item()], [1, np.tanh(1)], rtol=1e-6)


def test_gates_go_while_an_optimizer_walks_back(rng) -> None:
    kept: list[chainer.Variable] = []
    link = chainer.Link()
    with link.init_scope():
        link.w = chainer.Parameter(rng.uniform(-1, 1, (2, 8)))

    def lossfun() -> chainer.Variable:
        c, h = F.lstm(np.zeros((2, 2)), link.w)
        kept.append(F.sum(h))
        gates.append(weakref.ref(h.creator_node.gates))
        return kept[0]

    gates: list[Any] = []
    chainer.optimizers.SGD().setup(link).update(lossfun)
    assert gates[0]() is None
    assert kept[0].creator is not None


# Over sequences


def _cell_lstm(w, b, x, h, c):
    i, f, a, o = (x @ w[k].T + h @ w[k + 4].T + b[k] + b[k + 4] for k in range(4))
    c = _logistic(f) * c + _logistic(i) * np.tanh(a)
    return _logistic(o) * np.tanh(c), c


def _cell_gru(w, b, x, h, c):
    r, z = (_logistic(x @ w[k].T + h @ w[k + 3].T + b[k] + b[k + 3]) for k in range(2))
    candidate = np.tanh(x @ w[2].T + b[2] + r * (h @ w[5].T + b[5]))
    return (1 - z) * candidate + z * h, c


def _cell_tanh(w, b, x, h, c):
    return np.tanh(x @ w[0].T + h @ w[1].T + b[0] + b[1]), c


def _cell_relu(w, b, x, h, c):
    return np.maximum(x @ w[0].T + h @ w[1].T + b[0] + b[1], 0), c


# Name, number of weights, one time step, options; those named lstm have cells.
KINDS = {
    "lstm": (8, _cell_lstm, {}),
    "gru": (6, _cell_gru, {}),
    "rnn-tanh": (2, _cell_tanh, {}),
    "rnn-relu": (2, _cell_relu, {"activation": "relu"}),
}
LENGTHS = [(3, 2, 1), (2, 2), (3,), (3, 3, 1, 1, 0)]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_direction = pytest.mark.parametrize("n_directions", [1, 2], ids=["forward", "both"])


class Problem:
    """States, weights, biases and inputs of a stack of layers, in one list, as gradient checks want them."""

    def __init__(
        self, rng: np.random.Generator, kind: str, n_layers: int, n_directions: int, batches: Sequence[int],
        dtype: str = "float64", n_initial: int | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.n_layers, self.n_directions = kind, n_layers, n_directions
        self.n_weights, self.cell, self.options = KINDS[kind]
        self.n_states = 2 if kind == "lstm" else 1
        n_initial = batches[0] if n_initial is None else n_initial
        shapes: list[tuple[int, ...]] = [(n_layers * n_directions, n_initial, C)] * self.n_states
        for layer in range(n_layers):
            n_in = C * n_directions if layer else N_IN
            for _ in range(n_directions):
                half = self.n_weights // 2
                shapes += [(C, n_in)] * half + [(C, C)] * half + [(C,)] * self.n_weights
        shapes += [(batch, N_IN) for batch in batches]
        self.arrays = [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]

    def unpack(self, arrays: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        arrays = list(arrays)
        states, arrays = arrays[: self.n_states], arrays[self.n_states :]
        ws, bs = [], []
        for _ in range(self.n_layers * self.n_directions):
            ws.append(arrays[: self.n_weights])
            bs.append(arrays[self.n_weights : 2 * self.n_weights])
            arrays = arrays[2 * self.n_weights :]
        return states, ws, bs, arrays

    def function(self, *arrays: Any, ratio: float = 0.0, **kwargs: Any) -> list[Any]:
        """States, and then the outputs of each time step."""
        states, ws, bs, xs = self.unpack(arrays)
        name = "n_step_" + ("bi" if self.n_directions == 2 else "") + self.kind.split("-")[0]
        *last, ys = getattr(F, name)(self.n_layers, ratio, *states, ws, bs, xs, **self.options, **kwargs)
        assert isinstance(ys, list)
        return [*last, *ys]

    def reference(self) -> list[np.ndarray]:
        """One sequence after the other, each in a loop of its own."""
        states, ws, bs, xs = self.unpack(self.arrays)
        n_initial = states[0].shape[1]
        last = [s.copy() for s in states]
        ys = [np.empty((len(x), C * self.n_directions)) for x in xs]
        for n in range(n_initial):
            inputs = [x[n] for x in xs if n < len(x)]
            for layer in range(self.n_layers):
                outputs = []
                for direction in range(self.n_directions):
                    k = layer * self.n_directions + direction
                    h = states[0][k, n]
                    c = states[-1][k, n]
                    hs = []
                    for x in inputs[:: -1 if direction else 1]:
                        h, c = self.cell(ws[k], bs[k], x, h, c)
                        hs.append(h)
                    last[-1][k, n] = c
                    last[0][k, n] = h
                    outputs.append(hs[:: -1 if direction else 1])
                inputs = [np.concatenate(parts) for parts in zip(*outputs)]
            for t, y in enumerate(inputs):
                ys[t][n] = y
        return [*last, *ys]


@each_kind
@each_direction
@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("batches", LENGTHS, ids=str)
def test_sequences_match_reference(kind: str, n_directions: int, n_layers: int, batches, rng) -> None:
    problem = Problem(rng, kind, n_layers, n_directions, batches)
    for y, expected in zip(problem.function(*problem.arrays), problem.reference(), strict=True):
        np.testing.assert_allclose(y.array, expected, atol=1e-12)


@each_kind
@each_direction
def test_sequences_that_are_empty_keep_their_states(kind: str, n_directions: int, rng) -> None:
    problem = Problem(rng, kind, 1, n_directions, (2, 1), n_initial=4)
    for y, expected in zip(problem.function(*problem.arrays), problem.reference(), strict=True):
        np.testing.assert_allclose(y.array, expected, atol=1e-12)


@each_kind
@each_direction
def test_gradients_of_sequences(kind: str, n_directions: int, rng) -> None:
    problem = Problem(rng, kind, 2, n_directions, (3, 2, 1))
    xs = tuple(problem.arrays)
    gys = tuple(rng.uniform(-1, 1, y.shape) for y in problem.reference())
    options: dict[str, Any] = {"eps": 1e-5, "atol": 1e-4, "rtol": 1e-4}
    check_backward(problem.function, xs, gys, **options)
    ggxs = tuple(rng.uniform(-1, 1, x.shape) for x in xs)
    check_double_backward(problem.function, xs, gys, ggxs, **options)


@each_kind
@each_direction
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_sequences_keep_the_dtype(kind: str, n_directions: int, dtype: str, rng) -> None:
    problem = Problem(rng, kind, 2, n_directions, (2, 1), dtype=dtype)
    xs = [chainer.Variable(x) for x in problem.arrays]
    ys = problem.function(*xs)
    assert {y.dtype for y in ys} == {np.dtype(dtype)}
    F.sum(F.concat([F.flatten(y) for y in ys], axis=0)).backward()
    assert {x.grad.dtype for x in xs} == {np.dtype(dtype)}


@each_kind
@each_direction
def test_no_initial_state_means_zeros(kind: str, n_directions: int, rng) -> None:
    problem = Problem(rng, kind, 1, n_directions, (2, 1))
    n = problem.n_states
    zeros = problem.function(*[np.zeros_like(s) for s in problem.arrays[:n]], *problem.arrays[n:])
    for y, expected in zip(problem.function(*[None] * n, *problem.arrays[n:]), zeros):
        np.testing.assert_array_equal(y.array, expected.array)


@each_kind
@each_direction
def test_dropout_is_between_layers_while_training(kind: str, n_directions: int, rng) -> None:
    one, two = (Problem(rng, kind, n, n_directions, (3, 2)) for n in (1, 2))
    np.testing.assert_array_equal(one.function(*one.arrays, ratio=0.5)[-1].array, one.function(*one.arrays)[-1].array)
    kept = two.function(*two.arrays)[-1].array
    assert not np.allclose(two.function(*two.arrays, ratio=0.5)[-1].array, kept)
    with chainer.using_config("train", False):
        np.testing.assert_array_equal(two.function(*two.arrays, ratio=0.5)[-1].array, kept)


def test_each_direction_drops_out_of_its_own(rng) -> None:
    problem = Problem(rng, "rnn-tanh", 2, 2, (2,))
    problem.arrays[13:17] = problem.arrays[9:13]  # in the second layer, both parts get the same weights and states
    problem.arrays[0][3] = problem.arrays[0][2]
    y = problem.function(*problem.arrays)[-1].array
    np.testing.assert_array_equal(y[:, :C], y[:, C:])
    y = problem.function(*problem.arrays, ratio=0.5)[-1].array
    assert not np.allclose(y[:, :C], y[:, C:])


def _call(name: str, **changes: Any) -> Any:
    n = {"lstm": 8, "gru": 6, "rnn": 2}[name]
    w = [np.zeros((C, N_IN), "f")] * (n // 2) + [np.zeros((C, C), "f")] * (n // 2)
    arguments: dict[str, Any] = {
        "n_layers": 1, "dropout_ratio": 0.0, "hx": np.zeros((1, 2, C), "f"), "ws": [w], "bs": [[np.zeros(C, "f")] * n],
        "xs": [np.zeros((2, N_IN), "f")],
    }  # fmt: skip
    if name == "lstm":
        arguments["cx"] = np.zeros((1, 2, C), "f")
    return getattr(F, f"n_step_{name}")(**arguments | changes)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"xs": [np.zeros((1, N_IN), "f"), np.zeros((2, N_IN), "f")]}, InvalidType, "may not grow"),
        ({"xs": [np.zeros((3, N_IN), "f")]}, InvalidType, "may not grow"),
        ({"xs": []}, ValueError, "xs is empty"),
        ({"n_layers": 2}, ValueError, "hx must have one entry a layer"),
        ({"ws": []}, ValueError, "ws must have one entry a layer"),
        ({"xs": [np.zeros((2, N_IN + 1), "f")]}, InvalidType, "shape"),
        ({"xs": [np.zeros((2, N_IN), "d")]}, InvalidType, "dtype"),
        ({"use_cudnn": True}, ValueError, "use_cudnn"),
        ({"train": True}, ValueError, "train"),
        ({"foo": 1}, TypeError, "foo"),
    ],
)
def test_refuse(name: str, changes: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        _call(name, **changes)


def test_refuses_an_unknown_activation() -> None:
    with pytest.raises(ValueError, match="activation must be one of tanh, relu, got 'sigmoid'"):
        _call("rnn", activation="sigmoid")


CELL, GATES = np.zeros((3, 2), "f"), np.zeros((3, 8), "f")


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: F.lstm(CELL[:2], GATES), r"x.shape\[0\] <= c.shape\[0\]"),
        (lambda: F.lstm(CELL, GATES[:, :7]), r"x.shape\[1\] == 4 \* c.shape\[1\]"),
        (lambda: F.lstm(CELL.astype(int), GATES), "c.dtype.kind == f"),
        (lambda: F.lstm(CELL.astype("d"), GATES), "x.dtype == c.dtype"),
        (lambda: F.lstm(CELL[0], GATES[0]), "c.ndim >= 2"),
        (lambda: F.slstm(CELL, CELL, GATES, GATES[:, :7]), r"x2.shape\[1\]"),
        (lambda: F.slstm(CELL, CELL, GATES[:2], GATES[:2]), r"c_prev1.shape\[0\]"),
        (lambda: F.tree_lstm(GATES), "in_types.size >= 2"),
        (lambda: F.tree_lstm(CELL, GATES[:, :7]), r"shape\[1\]"),
        (lambda: F.tree_lstm(CELL, CELL, GATES.astype("d")), "dtype"),
    ],
)
def test_a_step_refuses(call, match: str) -> None:
    with pytest.raises(InvalidType, match=match):
        call()
