"""Random expressions: their gradients of first and second order against finite differences."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
from chainer.gradient_check import check_backward, check_double_backward
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Each keeps values between about -2 and 2, where finite differences are exact enough, and away from kinks and poles.
UNARY = {
    "-a": lambda a: -a,
    "a / 2": lambda a: a / 2,
    "1 - a": lambda a: 1 - a,
    "a * 0.5": lambda a: a * 0.5,
    "0.3 + a": lambda a: 0.3 + a,
    "a ** 2 / 2": lambda a: a**2 / 2,
    "1.5 ** a / 2": lambda a: 1.5**a / 2,
    "1 / (a * a + 1)": lambda a: 1 / (a * a + 1),
    "tanh": F.tanh,
    "sigmoid": F.sigmoid,
    "exp": lambda a: F.exp(a) / 8,
    "sqrt": lambda a: F.sqrt(a * a + 1),
    "log": lambda a: F.log(a * a + 1),
    "reversed": lambda a: a[::-1],
    "first row": lambda a: F.broadcast_to(a[:1], a.shape),
    "mean": lambda a: F.broadcast_to(F.mean(a, axis=1, keepdims=True), a.shape),
    "reshaped": lambda a: a.reshape(3, 2).reshape(a.shape),
    "softmax": F.softmax,
}
BINARY = {
    "+": lambda a, b: (a + b) / 2,
    "-": lambda a, b: (a - b) / 2,
    "*": lambda a, b: a * b / 2,
    "/": lambda a, b: a / (b * b + 1),
    "**": lambda a, b: (a * a + 1) ** F.tanh(b) / 2,
    "@": lambda a, b: F.matmul(F.matmul(a, b.T), b) / 8,
    "row": lambda a, b: a * b[0] / 2,
    "column": lambda a, b: a + b[:, :1] * 0.5,
}
SHAPE = (2, 3)


def transposed(a):
    return F.matmul(F.matmul(a, F.transpose(a)), a) / 8


UNARY["transposed"] = transposed

plans = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=8
)


def run(plan, leaves):
    """Computes an expression: each step takes any values before it, so that parts are shared."""
    pool = list(leaves)
    for name, i, j in plan:
        a, b = pool[i % len(pool)], pool[j % len(pool)]
        pool.append(UNARY[name](a) if name in UNARY else BINARY[name](a, b))
    return pool[-1] + sum(pool[:-1]) / len(pool)


def draw_arrays(seed, n):
    return list(np.random.default_rng(seed).uniform(-1, 1, (n, *SHAPE)))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans, n_leaves=st.integers(1, 3), seed=st.integers(0, 2**31))
def test_gradients(plan, n_leaves, seed):
    *leaves, gy = draw_arrays(seed, n_leaves + 1)
    check_backward(lambda *xs: run(plan, xs), leaves, gy, rtol=1e-3, atol=1e-4)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans, n_leaves=st.integers(1, 2), seed=st.integers(0, 2**31))
def test_second_derivatives(plan, n_leaves, seed):
    arrays = draw_arrays(seed, 2 * n_leaves + 1)
    leaves, gy, ggxs = arrays[:n_leaves], arrays[n_leaves], arrays[n_leaves + 1 :]
    check_double_backward(lambda *xs: run(plan, xs), leaves, gy, ggxs, rtol=1e-2, atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(plan=plans, n_leaves=st.integers(1, 3), seed=st.integers(0, 2**31))
def test_all_ways_back_agree(plan, n_leaves, seed):
    """Variable.backward, with and without recording, and chainer.grad: one answer."""
    *leaves, gy = draw_arrays(seed, n_leaves + 1)
    results = []
    for double in (False, True):
        xs = [chainer.Variable(x) for x in leaves]
        y = run(plan, xs)
        y.grad = gy
        y.backward(enable_double_backprop=double)
        results.append([x.grad for x in xs])
    xs = [chainer.Variable(x) for x in leaves]
    results.append([g if g is None else g.array for g in chainer.grad([run(plan, xs)], xs, [chainer.Variable(gy)])])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(plan=plans, seed=st.integers(0, 2**31), dtype=st.sampled_from(["float16", "float32"]))
def test_dtype_is_that_of_the_data(plan, seed, dtype):
    leaves = [chainer.Variable(x.astype(dtype)) for x in draw_arrays(seed, 2)]
    y = run(plan, leaves)
    assert y.dtype == dtype
    y.grad = np.ones_like(y.array)
    y.backward()
    assert all(x.grad is None or x.grad.dtype == dtype for x in leaves)
