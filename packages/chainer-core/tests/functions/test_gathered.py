"""Gradients of large weights that many steps share, which are gathered and computed when asked for."""

import pickle

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions import _gathered
from chainer.functions._gathered import GatheredSum

N_OUT, N_IN = 400, 330  # large enough to be gathered for a few rows
IDS = [np.array([3, 3, -1, 7]), np.array([[399, 0]]), np.array([3])]


@pytest.fixture
def weight(rng):
    return chainer.Parameter(rng.uniform(-1, 1, (N_OUT, N_IN)))


def rows(rng, n=3, width=N_IN):
    return rng.uniform(-1, 1, (n, width))


def product(gy, x):
    return np.asarray(gy).T @ np.asarray(x)


def test_a_weight_that_steps_share(weight, rng):
    xs, gys = [rows(rng) for _ in range(4)], [rows(rng, 3, N_OUT) for _ in range(4)]
    F.sum(sum(F.linear(x, weight) * gy for x, gy in zip(xs, gys))).backward()
    assert isinstance(weight.grad_var.raw_array, GatheredSum)
    np.testing.assert_allclose(weight.grad, sum(product(gy, x) for gy, x in zip(gys, xs)), atol=1e-12)
    assert type(weight.grad) is np.ndarray
    assert weight.grad is weight.grad


def test_vectors_that_steps_share(weight, rng):
    gys = [rows(rng, x.size).reshape(*x.shape, N_IN) for x in IDS]
    F.sum(sum(F.sum(F.embed_id(x, weight, ignore_label=-1) * gy) for x, gy in zip(IDS, gys))).backward()
    expected = np.zeros((N_OUT, N_IN))
    for x, gy in zip(IDS, gys):
        np.add.at(expected, x[x != -1], gy[x != -1])
    assert isinstance(weight.grad_var.raw_array, GatheredSum)
    np.testing.assert_allclose(weight.grad, expected, atol=1e-12)


def test_a_weight_that_different_functions_share(weight, rng):
    ids, x, h = np.array([0, 1]), rows(rng, 2), rows(rng, 2)
    loss = F.sum(F.linear(F.embed_id(ids, weight) * h, weight)) + F.sum(weight**2) + F.sum(F.linear(x, weight))
    loss.backward()
    W, ones = weight.array, np.ones((2, N_OUT))
    expected = product(ones, W[ids] * h) + 2 * W + product(ones, x)
    np.add.at(expected, ids, ones @ W * h)
    np.testing.assert_allclose(weight.grad, expected, atol=1e-10)


def test_what_is_written_after_the_walk_does_not_matter(weight, rng):
    x = rows(rng)
    expected = product(np.ones((3, N_OUT)), x)
    F.sum(F.linear(x, weight)).backward()
    x[...] = 0
    np.testing.assert_allclose(weight.grad, expected, atol=1e-12)


def test_terms_are_added_up_before_they_outgrow_the_sum(weight, rng):
    xs = [rows(rng, 20) for _ in range(12)]  # 12 * 20 * (400 + 330) elements are more than 400 * 330
    F.sum(sum(F.linear(x, weight) for x in xs)).backward()
    gathered = weight.grad_var.raw_array
    assert sum(a.size for term in gathered._terms for a in term) < gathered.size
    np.testing.assert_allclose(weight.grad, sum(product(np.ones((20, N_OUT)), x) for x in xs), atol=1e-10)


def test_a_second_walk_adds_to_it(weight, rng):
    x = rows(rng)
    for _ in range(2):
        F.sum(F.linear(x, weight)).backward()
    np.testing.assert_allclose(weight.grad, 2 * product(np.ones((3, N_OUT)), x), atol=1e-12)


def test_final_gradients_are_told_as_arrays(weight, rng):
    told = []
    with chainer.gradient_final_hook(lambda v: told.append(type(v.grad))):
        F.sum(F.linear(rows(rng), weight) + F.linear(rows(rng), weight)).backward()
    assert told == [np.ndarray]


def test_grad_returns_a_variable_like_any_other(weight, rng):
    x = rows(rng)
    (gW,) = chainer.grad([F.sum(F.linear(x, weight))], [weight])
    np.testing.assert_allclose((gW + gW).array, 2 * product(np.ones((3, N_OUT)), x), atol=1e-12)


def test_it_is_pickled_as_an_array(weight, rng):
    F.sum(F.linear(rows(rng), weight)).backward()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(weight)).grad, weight.grad)


def test_a_weight_that_a_function_made_gets_an_array(weight, rng):
    x, h = rows(rng), weight * 2
    F.sum(F.linear(x, h)).backward(retain_grad=True)
    assert type(h.grad_var.raw_array) is np.ndarray
    np.testing.assert_allclose(weight.grad, 2 * product(np.ones((3, N_OUT)), x), atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 30), (100, N_OUT)], ids=["small weight", "many rows"])
def test_what_does_not_pay_is_computed_at_once(weight, rng, shape):
    W = weight if shape[1] == N_OUT else chainer.Parameter(rng.uniform(-1, 1, shape))
    F.sum(F.linear(rows(rng, 100, W.shape[1]), W)).backward()
    assert type(W.grad_var.raw_array) is np.ndarray


def test_an_optimizer_updates_with_it(weight, rng):
    link = chainer.Link()
    with link.init_scope():
        link.W = weight
    optimizer = chainer.optimizers.SGD(0.5).setup(link)
    x, before = rows(rng), weight.array.copy()
    optimizer.update(lambda: F.sum(F.linear(x, weight)))
    np.testing.assert_allclose(weight.array, before - 0.5 * product(np.ones((3, N_OUT)), x), atol=1e-12)


def test_gradients_of_gradients_are_not_gathered(weight, rng):
    x = chainer.Variable(rows(rng))
    (gW,) = chainer.grad([F.sum(F.linear(x, weight) ** 2)], [weight], enable_double_backprop=True)
    F.sum(gW**2).backward()
    assert type(x.grad_var.raw_array) is np.ndarray
    assert _gathered._SMALLEST <= weight.size
