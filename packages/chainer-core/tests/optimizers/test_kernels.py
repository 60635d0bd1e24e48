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

    def sgd_update(thetas, grads, states, lr):
        calls.append((thetas, grads, lr))
        for theta, grad in zip(thetas, grads):
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
    (([theta], [seen], lr),) = calls
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
def test_what_does_not_lie_in_one_piece_is_left_to_the_plain_body(calls, array, grad):
    updated(SGDRule(lr=0.5), array, grad)
    assert not calls
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


def chain_of(*shapes):
    link = chainer.Link()
    with link.init_scope():
        for i, shape in enumerate(shapes):
            setattr(link, f"p{i}", chainer.Parameter(np.zeros(shape, np.float32)))
    return link


def step(link, optimizer):
    for param in link.params():
        param.grad = np.ones_like(param.array)
    optimizer.update()


def test_a_kernel_gets_all_parameters_in_one_call(calls):
    link = chain_of((3, 4), (), (LARGE,))
    optimizer = chainer.optimizers.SGD(lr=0.5).setup(link)
    step(link, optimizer)
    step(link, optimizer)
    assert [len(thetas) for thetas, _, _ in calls] == [3, 3]
    for param in link.params():
        assert (param.array == -1).all()
        assert param.update_rule.t == 2


def test_what_a_kernel_cannot_take_is_updated_apart(calls):
    link = chain_of((3, 4), (2,), (5,))
    link.p1.array = np.zeros((2, 2), np.float32)[:, 0]  # with gaps
    optimizer = chainer.optimizers.SGD(lr=0.5).setup(link)
    step(link, optimizer)
    assert [len(thetas) for thetas, _, _ in calls] == [2]
    assert all((param.array == -0.5).all() for param in link.params())


def test_kernels_may_be_turned_off_and_on_between_steps(calls):
    link = chain_of((3, 4), (5,))
    optimizer = chainer.optimizers.SGD(lr=0.5).setup(link)
    step(link, optimizer)
    with chainer.using_config("use_ideep", "never"):
        step(link, optimizer)
    step(link, optimizer)
    assert len(calls) == 2
    assert all((param.array == -1.5).all() for param in link.params())


def test_a_kernel_may_leave_all_parameters(monkeypatch):
    monkeypatch.setitem(kernels._table, ("momentum_sgd_update", np.ndarray), lambda *args: False)
    link = chain_of((3, 4), (5,))
    optimizer = chainer.optimizers.MomentumSGD(lr=0.5, momentum=0.5).setup(link)
    step(link, optimizer)
    step(link, optimizer)
    for param in link.params():
        np.testing.assert_array_equal(param.array, -1.25)
        assert param.update_rule.t == 2
