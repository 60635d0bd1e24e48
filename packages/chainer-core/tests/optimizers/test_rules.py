"""All optimizers in one table: the formulas of their papers, the numbers of chainer 7.8.1, dtypes, states."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chainer
import numpy as np
import pytest
from chainer import optimizers
from chainer.serializers import load_npz, save_npz

Formula = Callable[[float, Sequence[float], Any], float]


def _sgd(x: float, grads: Sequence[float], hp: Any) -> float:
    for g in grads:
        x -= hp.lr * g
    return x


def _momentum(x: float, grads: Sequence[float], hp: Any) -> float:
    v = 0.0
    for g in grads:
        v = hp.momentum * v - hp.lr * g
        x += v
    return x


def _corrected_momentum(x: float, grads: Sequence[float], hp: Any) -> float:
    v = 0.0
    for g in grads:
        v = hp.momentum * v - g
        x += hp.lr * v
    return x


def _nesterov(x: float, grads: Sequence[float], hp: Any) -> float:
    v = 0.0
    for g in grads:
        v = hp.momentum * v - hp.lr * g
        x += hp.momentum * hp.momentum * v - (1 + hp.momentum) * hp.lr * g
    return x


def _ada_grad(x: float, grads: Sequence[float], hp: Any) -> float:
    h = 0.0
    for g in grads:
        h += g * g
        x -= hp.lr * g / (math.sqrt(h) + hp.eps)
    return x


def _ada_delta(x: float, grads: Sequence[float], hp: Any) -> float:
    msg = msdx = 0.0
    for g in grads:
        msg = hp.rho * msg + (1 - hp.rho) * g * g
        dx = math.sqrt((msdx + hp.eps) / (msg + hp.eps)) * g
        msdx = hp.rho * msdx + (1 - hp.rho) * dx * dx
        x -= dx
    return x


def _rmsprop(x: float, grads: Sequence[float], hp: Any) -> float:
    ms = 0.0
    for g in grads:
        ms = hp.alpha * ms + (1 - hp.alpha) * g * g
        x -= hp.lr * g / (math.sqrt(ms + hp.eps) if hp.eps_inside_sqrt else math.sqrt(ms) + hp.eps)
    return x


def _rmsprop_graves(x: float, grads: Sequence[float], hp: Any) -> float:
    n = m = delta = 0.0
    for g in grads:
        n = hp.alpha * n + (1 - hp.alpha) * g * g
        m = hp.alpha * m + (1 - hp.alpha) * g
        delta = hp.momentum * delta - hp.lr * g / math.sqrt(n - m * m + hp.eps)
        x += delta
    return x


def _smorms3(x: float, grads: Sequence[float], hp: Any) -> float:
    mem, m, v = 1.0, 0.0, 0.0
    for g in grads:
        r = 1 / (mem + 1)
        m = (1 - r) * m + r * g
        v = (1 - r) * v + r * g * g
        ratio = m * m / (v + hp.eps)
        x -= g * min(hp.lr, ratio) / (math.sqrt(v) + hp.eps)
        mem = 1 + mem * (1 - ratio)
    return x


def _adam(x: float, grads: Sequence[float], hp: Any) -> float:
    m = v = vhat = 0.0
    for t, g in enumerate(grads, 1):
        m = hp.beta1 * m + (1 - hp.beta1) * g
        v = hp.beta2 * v + (1 - hp.beta2) * g * g
        vhat = max(vhat, v)
        alpha_t = hp.alpha * math.sqrt(1 - hp.beta2**t) / (1 - hp.beta1**t)
        rate = alpha_t / (math.sqrt(vhat if hp.amsgrad else v) + hp.eps)
        if hp.adabound:
            lower, upper = hp.final_lr * (1 - 1 / (hp.gamma * t + 1)), hp.final_lr * (1 + 1 / (hp.gamma * t))
            rate = min(max(rate, lower), upper)
        x -= hp.eta * (rate * m + hp.weight_decay_rate * x)
    return x


def _msvag(x: float, grads: Sequence[float], hp: Any) -> float:
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m = hp.beta * m + (1 - hp.beta) * g
        v = hp.beta * v + (1 - hp.beta) * g * g
        mhat, vhat = m / (1 - hp.beta**t), v / (1 - hp.beta**t)
        rho = (1 - hp.beta) * (1 + hp.beta**t) / ((1 + hp.beta) * (1 - hp.beta**t))
        s = (vhat - mhat * mhat) / (1 - rho) if t > 1 else 0.0
        factor = mhat * mhat / (mhat * mhat + rho * s)
        x -= hp.eta * (hp.lr * factor * mhat + hp.weight_decay_rate * x)
    return x


@dataclass(frozen=True)
class Case:
    """An optimizer with its formula, its states, and five steps on a bowl as chainer 7.8.1 does them."""

    name: str
    make: Callable[..., Any]
    formula: Formula
    states: str
    published: tuple[float, float, float]
    options: dict[str, Any] = field(default_factory=dict)
    bowl: dict[str, Any] = field(default_factory=dict)  # hyperparameters that descend a bowl in 200 steps

    def __call__(self, **changes: Any) -> Any:
        return self.make(**self.options | changes)


CASES = [
    Case("AdaDelta", optimizers.AdaDelta, _ada_delta, "msdx msg", (0.9773408497, -1.977276946, 0.4774691404)),
    Case("AdaGrad", optimizers.AdaGrad, _ada_grad, "h", (0.9967702175, -1.996769273, 0.4967721096), bowl={"lr": 0.3}),
    Case("Adam", optimizers.Adam, _adam, "m v", (0.9950004371, -1.995000218, 0.4950008783), bowl={"alpha": 0.05}),
    Case(
        "AdamW", optimizers.AdamW, _adam, "m v", (0.5864584006, -1.176947915, 0.291214378), {"weight_decay_rate": 0.1}
    ),
    Case(
        "AMSGrad", optimizers.AMSGrad, _adam, "m v vhat", (0.9950004371, -1.995000218, 0.4950008783),
        bowl={"alpha": 0.05},
    ),
    Case("AdaBound", optimizers.AdaBound, _adam, "m v", (0.9950004371, -1.995000218, 0.4950008783)),
    Case(
        "AdaBound-bound", optimizers.AdaBound, _adam, "m v", (0.8673561441, -1.865698770, 0.3107632802),
        {"gamma": 10.0, "alpha": 1.0},
    ),
    Case("AMSBound", optimizers.AMSBound, _adam, "m v vhat", (0.9950004371, -1.995000218, 0.4950008783)),
    Case(
        "Adam-all", optimizers.Adam, _adam, "m v vhat", (0.7715321745, -1.545313026, 0.3846418782),
        {"eta": 0.5, "weight_decay_rate": 0.1, "amsgrad": True},
    ),
    Case(
        "CorrectedMomentumSGD", optimizers.CorrectedMomentumSGD, _corrected_momentum, "v",
        (0.8716340259, -1.870102896, 0.3164482608),
    ),
    Case("MomentumSGD", optimizers.MomentumSGD, _momentum, "v", (0.8716340259, -1.870102896, 0.3164482608)),
    Case("NesterovAG", optimizers.NesterovAG, _nesterov, "v", (0.8096107691, -1.804141069, 0.2452279323)),
    Case("MSVAG", optimizers.MSVAG, _msvag, "m v", (0.5538761196, -1.527059417, -0.01232875441)),
    Case("RMSprop", optimizers.RMSprop, _rmsprop, "ms", (0.6964657993, -1.6854816, 0.2215709941)),
    Case(
        "RMSprop-inside", optimizers.RMSprop, _rmsprop, "ms", (0.6964658622, -1.685481664, 0.221571015),
        {"eps_inside_sqrt": True},
    ),
    Case(
        "RMSpropGraves", optimizers.RMSpropGraves, _rmsprop_graves, "delta g n",
        (0.995463836, -1.995462963, 0.4954638198), bowl={"lr": 0.01},
    ),
    Case("SGD", optimizers.SGD, _sgd, "", (0.9509900499, -1.950497506, 0.4293670128)),
    Case(
        "SMORMS3", optimizers.SMORMS3, _smorms3, "g g2 mem", (0.9942110763, -1.994209132, 0.4942149799),
        bowl={"lr": 0.1},
    ),
]  # fmt: skip
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
CURVATURE = np.array([1.0, 0.5, 3.0])


class Point(chainer.Link):
    """Parameters without a purpose."""

    def __init__(self, *arrays: np.ndarray) -> None:
        super().__init__()
        with self.init_scope():
            for i, array in enumerate(arrays):
                setattr(self, f"p{i}", chainer.Parameter(array.copy()))


def bowl(dtype: str = "float64") -> Point:
    return Point(np.array([1.0, -2.0, 0.5], dtype))


def roll(optimizer: Any, n: int) -> None:
    """Steps down a bowl with its lowest point at zero."""
    for _ in range(n):
        for param in optimizer.target.params():
            param.grad = (param.array * np.resize(CURVATURE, param.shape)).astype(param.dtype)
        optimizer.update()


@each
def test_first_steps_are_those_of_the_formula(case: Case, rng) -> None:
    x, grads = rng.uniform(-1, 1, 4), rng.uniform(-1, 1, (6, 4))
    link = Point(x)
    optimizer = case().setup(link)
    for g in grads:
        link.p0.grad = g.copy()
        optimizer.update()
    expected = [case.formula(x[i], grads[:, i], optimizer.hyperparam) for i in range(4)]
    np.testing.assert_allclose(link.p0.array, expected, rtol=1e-10)


@each
def test_five_steps_are_those_of_the_last_release(case: Case) -> None:
    optimizer = case().setup(bowl())
    roll(optimizer, 5)
    np.testing.assert_allclose(optimizer.target.p0.array, case.published, rtol=1e-8)


@each
def test_descends_a_bowl(case: Case) -> None:
    link = bowl()
    height = (CURVATURE * link.p0.array**2).sum()
    roll(case(**case.bowl).setup(link), 200)
    assert (CURVATURE * link.p0.array**2).sum() < 0.8 * height


@each
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_hyperparameter_changes_a_dtype(case: Case, dtype: str) -> None:
    link = bowl(dtype)
    optimizer = case().setup(link)
    for name, value in list(optimizer.hyperparam.get_dict().items()):
        setattr(optimizer.hyperparam, name, np.float64(value) if isinstance(value, float) else value)
    before = link.p0.array
    roll(optimizer, 2)
    assert link.p0.array is before  # updated in place
    assert link.p0.dtype == dtype
    # Squares of float16 gradients underflow, so states are at least float32.
    state_dtype = "float32" if dtype == "float16" else dtype
    assert all(value.dtype == state_dtype for value in link.p0.update_rule.state.values())
    exact = case().setup(bowl())
    roll(exact, 2)
    tolerance = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(link.p0.array, exact.target.p0.array, atol=tolerance)


@each
def test_leaves_the_gradient_alone(case: Case, rng) -> None:
    link = Point(*[rng.uniform(-1, 1, 3).astype("float32") for _ in range(3)])
    grads = [rng.uniform(-1, 1, 3).astype("float32") for _ in range(3)]
    for param, grad in zip(link.params(), grads):
        param.grad = grad.copy()
    case().setup(link).update()
    for param, grad in zip(link.params(), grads):
        np.testing.assert_array_equal(param.grad, grad)


@each
def test_small_parameters_together_are_what_they_are_alone(case: Case, rng) -> None:
    shapes = [(3,), (2, 4), (), (9000,), (5,)]
    arrays = [rng.uniform(-1, 1, shape).astype("float32") for shape in shapes]
    together, alone = case().setup(Point(*arrays)), case().setup(Point(*arrays))
    for _ in range(3):
        for a, b in zip(together.target.params(), alone.target.params()):
            a.grad = b.grad = rng.uniform(-1, 1, a.shape).astype("float32")
            b.update()
        together.update()
    for a, b in zip(together.target.params(), alone.target.params()):
        np.testing.assert_array_equal(a.array, b.array)
        for name, value in b.update_rule.state.items():
            np.testing.assert_array_equal(a.update_rule.state[name], value)


@each
@chainer.using_config("use_ideep", "never")
def test_blocks_of_large_parameters_are_what_they_are_in_one_piece(case: Case, rng) -> None:
    array, grad = (rng.uniform(-1, 1, (70001, 1)).astype("float32") for _ in range(2))
    blocks, one = case().setup(Point(array)), case().setup(Point(np.asfortranarray(np.repeat(array, 2, 1))[:, :1]))
    assert not np.may_share_memory(blocks.target.p0.array, one.target.p0.array)
    for _ in range(2):
        blocks.target.p0.grad = grad.copy()
        one.target.p0.grad = np.repeat(grad, 2, 1)[:, :1]  # not contiguous: no blocks
        blocks.update()
        one.update()
    np.testing.assert_array_equal(blocks.target.p0.array, one.target.p0.array)


@each
def test_goes_on_after_loading_as_if_nothing_had_happened(case: Case, tmp_path: Path) -> None:
    optimizer = case().setup(_several())
    roll(optimizer, 3)
    save_npz(tmp_path / "optimizer.npz", optimizer)
    with np.load(tmp_path / "optimizer.npz") as saved:
        names = {"t", *case.states.split()}
        assert set(saved) == {"t", "epoch", *(f"p{i}/{name}" for i in range(3) for name in names)}
    fresh = case().setup(_copied(optimizer.target))
    load_npz(tmp_path / "optimizer.npz", fresh)
    assert fresh.t == 3
    roll(optimizer, 2)
    roll(fresh, 2)
    _assert_same(optimizer.target, fresh.target)


@each
def test_loads_into_an_optimizer_that_has_run(case: Case, tmp_path: Path) -> None:
    optimizer, other = case().setup(_several()), case().setup(_several())
    roll(optimizer, 3)
    save_npz(tmp_path / "optimizer.npz", optimizer)
    roll(other, 1)
    other.target.copyparams(optimizer.target)
    load_npz(tmp_path / "optimizer.npz", other)
    roll(optimizer, 2)
    roll(other, 2)
    _assert_same(optimizer.target, other.target)


@each
def test_loads_what_was_saved_before_the_first_update(case: Case, tmp_path: Path) -> None:
    save_npz(tmp_path / "optimizer.npz", case().setup(_several()))
    optimizer, expected = case().setup(_several()), case().setup(_several())
    load_npz(tmp_path / "optimizer.npz", optimizer)
    roll(optimizer, 2)
    roll(expected, 2)
    _assert_same(optimizer.target, expected.target)


@each
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_alone(case: Case, copied) -> None:
    optimizer = case().setup(_several())
    roll(optimizer, 2)
    other = copied(optimizer)
    roll(other, 2)
    assert not np.array_equal(other.target.p0.array, optimizer.target.p0.array)
    roll(optimizer, 2)
    _assert_same(optimizer.target, other.target)


def _several() -> Point:
    return Point(*[np.array([1.0, -2.0, 0.5], "float32") * i for i in (1, 2, 3)])


def _copied(link: Point) -> Point:
    return Point(*[param.array for param in link.params()])


def _assert_same(a: Point, b: Point) -> None:
    for p, q in zip(a.params(), b.params(), strict=True):
        np.testing.assert_array_equal(p.array, q.array)


@each
def test_what_is_an_attribute_is_a_hyperparameter(case: Case) -> None:
    optimizer = case()
    names = set(optimizer.hyperparam.get_dict())
    rule = optimizer.create_update_rule()
    for name in names:
        value = getattr(optimizer, name)
        setattr(optimizer, name, value)
        assert getattr(optimizer.hyperparam, name) == value
        own = type(rule)(optimizer.hyperparam, **{name: value})
        assert own.hyperparam.has_own


@each
def test_a_rule_stands_alone(case: Case) -> None:
    rule = type(case().create_update_rule())()
    param = chainer.Parameter(np.ones(2, np.float32))
    param.grad = np.ones(2, np.float32)
    rule.update(param)
    assert rule.t == 1
    assert (param.array < 1).all()


def test_the_step_size_of_adam_is_known_from_its_first_update_on() -> None:
    optimizer = optimizers.Adam(alpha=0.1).setup(bowl())
    with pytest.raises(RuntimeError, match="have not been started"):
        _ = optimizer.lr
    roll(optimizer, 1)
    assert optimizer.lr == pytest.approx(0.1 * math.sqrt(1 - 0.999) / (1 - 0.9))
    assert optimizer.target.p0.update_rule.lr == optimizer.lr
    assert not hasattr(optimizers.AdaDelta(), "lr")


def test_bounds_follow_a_schedule_of_alpha() -> None:
    optimizer = optimizers.AdaBound().setup(bowl())
    roll(optimizer, 1)
    rule = optimizer.target.p0.update_rule
    lower, upper = rule.bounds
    optimizer.alpha *= 0.5
    assert rule.bounds == (lower / 2, upper / 2)
