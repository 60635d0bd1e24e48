"""Against the plain body in float32 and float64: 3e-6 of the largest element, times the root of the terms of a sum."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

UNITS: dict[str, tuple[str, int, dict[str, str]]] = {  # function, weights of a layer, options
    "lstm": ("lstm", 8, {}),
    "gru": ("gru", 6, {}),
    "tanh": ("rnn", 2, {"activation": "tanh"}),
    "relu": ("rnn", 2, {"activation": "relu"}),
}
CASES = {  # inputs, units, sequences of each time step, initial states
    "one of each": (1, 1, (1,), 1),
    "one step": (3, 5, (4,), 4),
    "ragged": (7, 19, (5, 5, 3, 1), 5),
    "empty sequences": (3, 17, (3, 2, 2, 0), 6),
    "wide": (5, 260, (3, 1), 3),
    "threads": (70, 130, (64, 64, 33), 64),
    "empty batch": (3, 4, (0, 0), 0),
    "no inputs": (0, 4, (2, 1), 2),
}
each_unit = pytest.mark.parametrize("unit", UNITS)
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def arrays_of(rng: np.random.Generator, unit: str, case: Any, n_layers: int, n_directions: int) -> list[np.ndarray]:
    """States, weights, biases, inputs and one gradient for each output."""
    n_in, n_units, batches, n_initial = case
    half = UNITS[unit][1] // 2
    shapes = [(n_layers * n_directions, n_initial, n_units)] * (2 if unit == "lstm" else 1)
    for layer in range(n_layers):
        width = n_units * n_directions if layer else n_in
        for _ in range(n_directions):
            shapes += [(n_units, width)] * half + [(n_units, n_units)] * half + [(n_units,)] * 2 * half
    shapes += [(batch, n_in) for batch in batches]
    scale = 1 / math.sqrt(n_units)
    return [rng.uniform(-1, 1, s) * (scale if len(s) == 2 and s[0] == n_units else 1) for s in shapes]


def run(unit: str, n_layers: int, n_directions: int, variables: Sequence[chainer.Variable]) -> list[chainer.Variable]:
    """Last states and cells, and the outputs of each time step."""
    name, n_weights, options = UNITS[unit]
    rest = list(variables)
    states, rest = rest[: 2 if unit == "lstm" else 1], rest[2 if unit == "lstm" else 1 :]
    ws, bs = [], []
    for _ in range(n_layers * n_directions):
        ws.append(rest[:n_weights])
        bs.append(rest[n_weights : 2 * n_weights])
        rest = rest[2 * n_weights :]
    function = getattr(F, f"n_step_{'bi' if n_directions == 2 else ''}{name}")
    *last, ys = function(n_layers, 0.0, *states, ws, bs, rest, **options)
    return [*last, *ys]


def outputs_and_gradients(
    unit: str, case: Any, n_directions: int, dtype: str, lay: Callable[[np.ndarray], np.ndarray], used: slice
) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = arrays_of(rng, unit, case, 2, n_directions)
    variables = [chainer.Variable(lay(a.astype("f").astype(dtype))) for a in arrays]
    ys = run(unit, 2, n_directions, variables)
    for y in ys[used]:
        y.grad = lay(rng.uniform(-1, 1, y.shape).astype("f").astype(dtype))
    chainer.backward(ys[used])
    return [y.array for y in ys] + [v.grad for v in variables if v.grad is not None]


def assert_close(actual: Sequence[np.ndarray], expected: Sequence[np.ndarray], n_terms: int) -> None:
    for a, e in zip(actual, expected, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, e, rtol=0, atol=3e-6 * math.sqrt(n_terms) * np.abs(e).max(initial=0))


@each_unit
@each_case
@pytest.mark.parametrize("n_directions", [1, 2], ids=["forward", "both"])
def test_matches_plain(unit: str, case: Any, n_directions: int) -> None:
    before = declined.copy()
    actual = outputs_and_gradients(unit, case, n_directions, "f", np.asarray, slice(None))
    assert declined == before
    n_terms = sum(case[:2]) + sum(case[2])
    assert_close(actual, outputs_and_gradients(unit, case, n_directions, "d", np.asarray, slice(None)), n_terms)
    with chainer.using_config("use_ideep", "never"):
        plain = outputs_and_gradients(unit, case, n_directions, "f", np.asarray, slice(None))
    assert_close(actual, plain, n_terms)


@each_unit
def test_arrays_lie_in_memory_somehow(unit: str, lay: Callable[[np.ndarray], np.ndarray]) -> None:
    case = CASES["ragged"]
    before = declined.copy()
    actual = outputs_and_gradients(unit, case, 2, "f", lay, slice(None))
    assert declined == before
    assert_close(actual, outputs_and_gradients(unit, case, 2, "d", np.asarray, slice(None)), 50)


@each_unit
@pytest.mark.parametrize("used", [slice(0, 1), slice(1, 2), slice(-1, None)], ids=["first", "second", "last step"])
def test_some_outputs_alone_are_used(unit: str, used: slice) -> None:
    case = CASES["ragged"]
    actual, expected = (outputs_and_gradients(unit, case, 2, dtype, np.asarray, used) for dtype in "fd")
    assert_close(actual, expected, 50)


@each_unit
def test_same_bits_each_time(unit: str) -> None:
    first, second = (outputs_and_gradients(unit, CASES["threads"], 2, "f", np.asarray, slice(None)) for _ in range(2))
    assert [a.tobytes() for a in first] == [a.tobytes() for a in second]


@each_unit
def test_may_be_turned_off_between_forward_and_backward(unit: str, rng: np.random.Generator) -> None:
    gradients = []
    arrays = [a.astype("f") for a in arrays_of(rng, unit, CASES["ragged"], 1, 1)]
    for forward, backward in (("auto", "auto"), ("auto", "never"), ("never", "auto")):
        variables = [chainer.Variable(a) for a in arrays]
        with chainer.using_config("use_ideep", forward):
            y = F.sum(F.concat(run(unit, 1, 1, variables)[-4:], axis=0) ** 2)
        with chainer.using_config("use_ideep", backward):
            y.backward()
        gradients.append([v.grad for v in variables])
    for other in gradients[1:]:
        assert_close(other, gradients[0], 50)


@each_unit
def test_gradients_of_gradients(unit: str, rng: np.random.Generator) -> None:
    arrays = arrays_of(rng, unit, CASES["ragged"], 1, 1)
    results = []
    for dtype in "fd":
        variables = [chainer.Variable(a.astype("f").astype(dtype)) for a in arrays]
        ys = run(unit, 1, 1, variables)
        gxs = chainer.grad([F.sum(F.concat(ys[-4:], axis=0) ** 2)], variables, enable_double_backprop=True)
        sum(F.sum(gx**2) for gx in gxs).backward()
        results.append([v.grad for v in variables])
    assert_close(*results, 50)


def test_what_it_does_not_do_is_counted(rng: np.random.Generator) -> None:
    x, h, w, b = (rng.uniform(-1, 1, s).astype("f") for s in ((3, 2), (2, 4), (4, 2), (4,)))
    before = declined["rnn_forward"]
    u = rng.uniform(-1, 1, (4, 4))  # of another dtype
    kernel: Any = chainer.backends.kernels.find("rnn_forward", x)
    assert kernel("tanh", x, h, None, [w, u], [b, b], [2, 1], False) is None
    assert declined["rnn_forward"] == before + 1
    assert kernel("tanh", x, h, None, [w, u.astype("f")], [b, b], [2, 1], False) is not None
    assert kernel("sigmoid", x, h, None, [w, u.astype("f")], [b, b], [2, 1], False) is None
    assert kernel("tanh", x, h, None, [w, u.astype("f")], [b, b], [2, 2], False) is None


def through_unit(name: str, x: np.ndarray) -> np.ndarray:
    """The nonlinearity of a unit, one state for each element."""
    zeros, one = np.zeros((len(x), 1), "f"), np.ones((1, 1), "f")
    hs, *_ = _core.rnn_forward(name, x[:, None], zeros, None, [one, one * 0], [np.zeros(1, "f")] * 2, [len(x)], False)
    return hs[:, 0]


def test_tanh_is_right_to_three_units_in_the_last_place() -> None:
    x = np.concatenate([np.linspace(-12, 12, 200_001), np.geomspace(1e-38, 1, 20_001), [0, np.inf, -np.inf]]).astype(
        "f"
    )
    y, exact = through_unit("tanh", x), np.tanh(x.astype("d"))
    assert np.abs((y - exact) / np.spacing(np.abs(exact).astype("f"))).max() <= 3
    assert np.isnan(through_unit("tanh", np.array([np.nan], "f"))).all()


def test_relu_lets_nan_through() -> None:
    x = np.array([np.nan, -1, 2, np.inf, -np.inf], "f")
    np.testing.assert_array_equal(through_unit("relu", x), [np.nan, 0, 2, np.inf, 0])
