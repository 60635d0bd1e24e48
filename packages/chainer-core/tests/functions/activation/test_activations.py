"""Every activation: what it computes, its gradients, and the dtypes and layouts that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.backends.cuda import to_cpu
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType


@dataclass(frozen=True)
class Case:
    """An activation, and its definition on float64 arrays."""

    name: str
    function: Callable[..., Any]
    reference: Callable[..., np.ndarray]
    parameter: tuple[int, ...] | None = None  # shape of a second argument
    kinks: tuple[float, ...] = ()


def channels(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return p.reshape(1, *p.shape, *(1,) * (x.ndim - p.ndim - 1))


def relu(x):
    return np.where(x > 0, x, 0)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


def prelu(x, W):
    return np.where(x > 0, x, channels(W, x) * x)


def swish(x, beta):
    return x * scipy.special.expit(channels(beta, x) * x)


CASES = [
    Case("relu", F.relu, relu, kinks=(0,)),
    Case("relu6", F.relu6, lambda x: np.clip(x, 0, 6), kinks=(0, 6)),
    Case("clipped_relu", lambda x: F.clipped_relu(x, 1.5), lambda x: np.clip(x, 0, 1.5), kinks=(0, 1.5)),
    Case("crelu", F.crelu, lambda x: np.concatenate([relu(x), relu(-x)], 1), kinks=(0,)),
    Case("crelu, last axis", lambda x: F.crelu(x, -1), lambda x: np.concatenate([relu(x), relu(-x)], -1), kinks=(0,)),
    Case("elu", F.elu, elu, kinks=(0,)),
    Case("elu, alpha", lambda x: F.elu(x, 0.3), lambda x: elu(x, 0.3), kinks=(0,)),
    Case("elu, negative alpha", lambda x: F.elu(x, -0.3), lambda x: elu(x, -0.3), kinks=(0,)),
    Case("elu, zero alpha", lambda x: F.elu(x, 0), relu, kinks=(0,)),
    Case("selu", F.selu, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772), kinks=(0,)),
    Case("hard_sigmoid", F.hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1), kinks=(-2.5, 2.5)),
    Case("leaky_relu", F.leaky_relu, lambda x: np.where(x > 0, x, 0.2 * x), kinks=(0,)),
    Case("leaky_relu, steep", lambda x: F.leaky_relu(x, 3), lambda x: np.where(x > 0, x, 3 * x), kinks=(0,)),
    Case("leaky_relu, flat", lambda x: F.leaky_relu(x, 0), relu, kinks=(0,)),
    Case("leaky_relu, negative", lambda x: F.leaky_relu(x, -1), np.abs, kinks=(0,)),
    Case("sigmoid", F.sigmoid, scipy.special.expit),
    Case("tanh", F.tanh, np.tanh),
    Case("softplus", F.softplus, lambda x: np.logaddexp(0, x)),
    Case("softplus, beta", lambda x: F.softplus(x, 0.5), lambda x: 2 * np.logaddexp(0, 0.5 * x)),
    Case("softplus, negative beta", lambda x: F.softplus(x, -2), lambda x: -0.5 * np.logaddexp(0, -2 * x)),
    Case("softmax", F.softmax, lambda x: scipy.special.softmax(x, 1)),
    Case("softmax, axis 0", lambda x: F.softmax(x, 0), lambda x: scipy.special.softmax(x, 0)),
    Case("softmax, last axis", lambda x: F.softmax(x, -1), lambda x: scipy.special.softmax(x, -1)),
    Case("log_softmax", F.log_softmax, lambda x: scipy.special.log_softmax(x, 1)),
    Case("log_softmax, last axis", lambda x: F.log_softmax(x, -1), lambda x: scipy.special.log_softmax(x, -1)),
    Case("maxout", lambda x: F.maxout(x, 2), lambda x: np.maximum(x[:, 0::2], x[:, 1::2])),
    Case("maxout, last axis", lambda x: F.maxout(x, 3, -1), lambda x: x.max(-1, keepdims=True)),
    Case("prelu, one slope", F.prelu, prelu, (), kinks=(0,)),
    Case("prelu, a slope a channel", F.prelu, prelu, (4,), kinks=(0,)),
    Case("prelu, a slope an element", F.prelu, prelu, (4, 3), kinks=(0,)),
    Case("swish, one beta", F.swish, swish, ()),
    Case("swish, a beta a channel", F.swish, swish, (4,)),
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
TOLERANCE = {"float16": 5e-3, "float32": 1e-5, "float64": 1e-12}


def draw(rng: np.random.Generator, case: Case, dtype: str = "float64") -> list[np.ndarray]:
    x = rng.uniform(-4, 4, (2, 4, 3))
    for kink in case.kinks:
        x = np.where(np.abs(x - kink) < 0.1, kink + 0.3, x)
    arguments = [x.astype(dtype)]
    if case.parameter is not None:
        arguments.append(np.asarray(rng.uniform(0.2, 1, case.parameter)).astype(dtype))
    return arguments


@cases
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_definition(xp, case, dtype, rng):
    arguments = draw(rng, case, dtype)
    y = to_cpu(case.function(*map(xp.asarray, arguments)).array)
    assert y.dtype == dtype
    expected = case.reference(*[x.astype("float64") for x in arguments])
    np.testing.assert_allclose(y, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@cases
def test_gradients(xp, case, rng):
    xs = tuple(map(xp.asarray, draw(rng, case)))
    gy = xp.asarray(rng.normal(size=case.function(*xs).shape))
    ggxs = tuple(xp.asarray(rng.normal(size=x.shape)) for x in xs)
    check_backward(case.function, xs, gy, eps=1e-4, atol=1e-5, rtol=1e-4)
    check_double_backward(case.function, xs, gy, ggxs, eps=1e-4, atol=1e-5, rtol=1e-4)


@cases
def test_second_gradients_do_not_depend_on_being_recorded(case, rng):
    """Walks that are not recorded run on bare arrays, which the checks of gradients do not."""
    arguments = draw(rng, case)
    gradients = []
    for recorded in (True, False):
        variables = [chainer.Variable(x) for x in arguments]
        y = case.function(*variables)
        gy = chainer.Variable(np.cos(np.arange(y.size, dtype="d")).reshape(y.shape))
        gx = chainer.grad([y], variables, [gy], enable_double_backprop=True)
        loss = sum(F.sum(g * g) for g in gx)
        loss.backward(enable_double_backprop=recorded)
        gradients.append([v.grad for v in (*variables, gy) if v.grad is not None])
    assert gradients[0]
    for recorded, bare in zip(*gradients, strict=True):
        np.testing.assert_allclose(recorded, bare, rtol=1e-10, atol=1e-12)


@cases
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gradients_keep_dtype(case, dtype, rng):
    variables = [chainer.Variable(x) for x in draw(rng, case, dtype)]
    y = case.function(*variables)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert [x.grad.dtype for x in variables] == [dtype] * len(variables)


@cases
def test_takes_any_layout(case, rng):
    arguments = draw(rng, case)
    x = chainer.Variable(arguments[0])
    t = chainer.Variable(np.asfortranarray(arguments[0])[:, ::-1][:, ::-1])
    ys = [case.function(v, *arguments[1:]) for v in (x, t)]
    np.testing.assert_allclose(ys[0].array, ys[1].array, rtol=1e-12)
    for y in ys:
        y.grad = np.asfortranarray(np.arange(y.size, dtype="d").reshape(y.shape))
        y.backward()
    np.testing.assert_allclose(x.grad, t.grad, rtol=1e-12)


@cases
def test_takes_an_empty_batch(case, rng):
    x, *parameters = draw(rng, case)
    v = chainer.Variable(x[:0])
    y = case.function(v, *parameters)
    assert y.shape == case.reference(x, *parameters)[:0].shape
    y.grad = np.ones_like(y.array)
    y.backward()
    assert v.grad.shape == (0, 4, 3)


@cases
def test_refuses_integers(case, rng):
    x, *parameters = draw(rng, case)
    with pytest.raises(InvalidType, match="dtype"):
        case.function(x.astype("int32"), *parameters)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in ("relu", "sigmoid", "tanh", "elu", "softplus")])
def test_takes_zero_dimensions(case):
    x = chainer.Variable(np.array(-0.7))
    y = case.function(x)
    y.backward()
    assert (y.shape, x.grad.shape) == ((), ())
    np.testing.assert_allclose(y.array, case.reference(np.array(-0.7)))


@pytest.mark.parametrize(
    "name", ["sigmoid", "tanh", "softplus", "elu", "selu", "softmax", "log_softmax", "hard_sigmoid"]
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_large_inputs_do_not_overflow(name, dtype):
    huge = np.finfo(dtype).max / 4
    x = chainer.Variable(np.array([[-huge, huge], [huge, 0]], dtype))
    y = getattr(F, name)(x)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert np.isfinite(y.array).all()
    assert np.isfinite(x.grad).all()
