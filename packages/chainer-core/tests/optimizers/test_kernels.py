"""How rules of optimizers meet kernels: they hand over whole arrays, and the user's gradient without a copy."""

import chainer
import numpy as np
import pytest
from chainer.backends import kernels
from chainer.optimizers.sgd import SGDRule

LARGE = 100_000  # more than the block that the plain body takes at a time


@pytest.fixture
def calls(monkeypatch):
    calls = []

    def sgd_update(theta, grad, lr):
        calls.append((theta, grad, lr))
        theta -= lr * grad
        return True

    monkeypatch.setitem(kernels._table, ("sgd_update", np.ndarray), sgd_update)
    return calls


def updated(rule, array, grad):
    param = chainer.Parameter(array)
    param.grad = grad
    param.update_rule = rule
    param.update()
    return param


def test_a_kernel_sees_all_at_once(calls):
    grad = np.ones(LARGE, np.float32)
    param = updated(SGDRule(lr=0.5), np.zeros(LARGE, np.float32), grad)
    ((theta, seen, lr),) = calls
    assert np.shares_memory(theta, param.array)
    assert np.shares_memory(seen, grad)
    assert lr == 0.5
    assert (param.array == -0.5).all()


@pytest.mark.parametrize(
    ("array", "grad"),
    [
        (np.zeros((3, 4), "f").T, np.ones((4, 3), "f")),
        (np.zeros(13, "B")[1:].view("f"), np.ones(3, "f")),
        (np.zeros(3, "f"), np.ones(6, "f")[::2]),
    ],
    ids=["transposed", "unaligned", "strided gradient"],
)
def test_what_does_not_lie_in_one_piece_is_copied_first(calls, array, grad):
    updated(SGDRule(lr=0.5), array, grad)
    ((_, seen, _),) = calls
    assert not np.shares_memory(seen, grad)
    assert (array == -0.5).all()


def test_a_kernel_may_leave_the_work(monkeypatch):
    monkeypatch.setitem(kernels._table, ("momentum_sgd_update", np.ndarray), lambda *args: False)
    param = updated(chainer.optimizers.MomentumSGD(lr=0.5).create_update_rule(), np.zeros(3, "f"), np.ones(3, "f"))
    assert (param.array == -0.5).all()


def test_a_rule_that_overrides_the_maths_gets_a_gradient_of_its_own(calls):
    class Half(SGDRule):
        def update_elements(self, theta, grad, state):
            grad *= 0.5
            theta -= grad

    grad = np.ones(3, np.float32)
    param = updated(Half(), np.zeros(3, np.float32), grad)
    assert not calls
    assert (param.array == -0.5).all()
    assert (grad == 1).all()
