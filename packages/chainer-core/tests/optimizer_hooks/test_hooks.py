"""All hooks that change gradients, against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import optimizer_hooks, optimizers


class Two(chainer.Link):
    """Parameters of different shapes, one of them zero, and one that is not initialised."""

    def __init__(self, rng: np.random.Generator, dtype: str) -> None:
        super().__init__()
        with self.init_scope():
            self.a = chainer.Parameter(rng.uniform(-1, 1, (2, 3)).astype(dtype))
            self.b = chainer.Parameter(np.zeros(4, dtype))
            self.lazy = chainer.Parameter()
        self.cleargrads()
        for param in (self.a, self.b):
            param.grad = rng.uniform(-1, 1, param.shape).astype(dtype)


def _clipped(x: np.ndarray, g: np.ndarray, all_grads: list[np.ndarray]) -> np.ndarray:
    norm = np.sqrt(sum((grad**2).sum() for grad in all_grads))
    return g * min(1, 0.5 / norm)


def _lars(x: np.ndarray, g: np.ndarray, all_grads: list[np.ndarray]) -> np.ndarray:
    norm = np.linalg.norm(x)
    rate = norm / (1e-9 + np.linalg.norm(g) + 0.1 * norm) if norm > 0.01 else 1
    return rate * (g + 0.1 * x)


def _constant_noise(xp: Any, shape: Any, dtype: Any, hook: Any, rule: Any) -> np.ndarray:
    return xp.full(shape, hook.eta, dtype)


HOOKS: dict[str, tuple[Callable[[], Any], Callable[..., np.ndarray]]] = {
    "GradientClipping": (lambda: optimizer_hooks.GradientClipping(0.5), _clipped),
    "GradientClipping-off": (lambda: optimizer_hooks.GradientClipping(100), lambda x, g, gs: g),
    "GradientHardClipping": (
        lambda: optimizer_hooks.GradientHardClipping(-0.2, 0.3),
        lambda x, g, gs: g.clip(-0.2, 0.3),
    ),
    "GradientLARS": (lambda: optimizer_hooks.GradientLARS(weight_decay=0.1), _lars),
    "Lasso": (lambda: optimizer_hooks.Lasso(0.1), lambda x, g, gs: g + 0.1 * np.sign(x)),
    "WeightDecay": (lambda: optimizer_hooks.WeightDecay(0.1), lambda x, g, gs: g + 0.1 * x),
    "GradientNoise": (
        lambda: optimizer_hooks.GradientNoise(0.3, _constant_noise),
        lambda x, g, gs: g + 0.3,
    ),
}
each = pytest.mark.parametrize(("make", "formula"), HOOKS.values(), ids=list(HOOKS))
TOLERANCE = {"float16": 3e-3, "float32": 1e-6, "float64": 1e-12}


@each
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_changes_gradients_by_its_formula(make, formula, dtype: str, rng) -> None:
    link = Two(rng, dtype)
    given = {name: (param.array.astype("d"), param.grad.astype("d")) for name, param in link.namedparams(False)}
    optimizer = optimizers.SGD(lr=0).setup(link)
    optimizer.add_hook(make())
    optimizer.update()
    for name, param in link.namedparams(False):
        x, g = given[name]
        assert param.grad.dtype == dtype
        np.testing.assert_allclose(param.grad, formula(x, g, [g for _, g in given.values()]), atol=TOLERANCE[dtype])
        np.testing.assert_array_equal(param.array, x)


@each
def test_numpy_scalars_change_no_dtype(make, formula, rng) -> None:
    hook = make()
    for name, value in vars(hook).items():
        if isinstance(value, float | int):
            setattr(hook, name, np.float64(value))
    link = Two(rng, "float16")
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(hook)
    optimizer.update()
    assert link.a.grad.dtype == link.a.dtype == np.float16


@each
def test_has_a_name_and_a_timing(make, formula) -> None:
    hook = make()
    assert hook.name == type(hook).__name__
    assert hook.timing == "pre"


@each
def test_takes_gradients_that_are_shared_or_read_only(make, formula) -> None:
    """The gradients of ``a + b`` are one array, and those of a sum are a view of one number."""
    link = chainer.Chain()
    with link.init_scope():
        link.a, link.b = chainer.Parameter(np.full(3, 2.0)), chainer.Parameter(np.full(3, -4.0))
        link.scalar = chainer.Parameter(np.array(3.0))
    optimizer = optimizers.SGD(lr=0).setup(link)
    optimizer.add_hook(make())
    optimizer.update(lambda: F.sum(link.a + link.b) + link.scalar)
    given = [np.ones(3), np.ones(3), np.ones(())]
    for param in link.params():
        np.testing.assert_allclose(param.grad, formula(param.array, np.ones(param.shape), given))


def test_hooks_of_a_rule_serve_one_parameter(rng) -> None:
    link = Two(rng, "float64")
    a, b = link.a.grad.copy(), link.b.grad.copy()
    optimizer = optimizers.SGD().setup(link)
    link.a.update_rule.add_hook(optimizer_hooks.WeightDecay(0.1))
    expected = a + 0.1 * link.a.array
    optimizer.update()
    np.testing.assert_allclose(link.a.grad, expected)
    np.testing.assert_array_equal(link.b.grad, b)


def test_clipping_leaves_zeros_and_what_is_not_finite(rng) -> None:
    link = Two(rng, "float32")
    optimizer = optimizers.SGD(lr=0).setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(1))
    link.a.grad[...] = 0
    link.b.grad[...] = 0
    optimizer.update()
    np.testing.assert_array_equal(link.a.grad, 0)
    link.a.grad[0, 0] = np.inf
    optimizer.call_hooks()
    assert np.isinf(link.a.grad[0, 0])


def test_the_norm_of_float16_gradients_does_not_overflow(rng) -> None:
    link = Two(rng, "float16")
    link.a.grad[...] = 300  # squares beyond the largest float16
    link.b.grad[...] = 0
    optimizer = optimizers.SGD().setup(link)
    optimizer.add_hook(optimizer_hooks.GradientClipping(1))
    optimizer.call_hooks()
    np.testing.assert_allclose(link.a.grad, 1 / np.sqrt(6), rtol=1e-3)


def test_noise_decays_and_follows_the_global_generator() -> None:
    link = chainer.Link()
    with link.init_scope():
        link.w = chainer.Parameter(np.zeros(20000))
    optimizer = optimizers.SGD(lr=0).setup(link)
    optimizer.add_hook(optimizer_hooks.GradientNoise(0.3))
    deviations = []
    for _ in range(2):
        link.w.grad = np.zeros(20000)
        optimizer.update()
        deviations.append(link.w.grad.std())
    np.testing.assert_allclose(deviations, [np.sqrt(0.3), np.sqrt(0.3 / 2**0.55)], rtol=0.03)
    np.random.seed(7)
    expected = np.random.normal(0, np.sqrt(0.3 / 3**0.55), 20000)
    np.random.seed(7)
    link.w.grad = np.zeros(20000)
    optimizer.update()
    np.testing.assert_allclose(link.w.grad, expected)
