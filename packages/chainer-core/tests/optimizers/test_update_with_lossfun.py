"""Tests of ``optimizer.update(lossfun)``, which uses the graph up as it walks back."""

from __future__ import annotations

import weakref
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import optimizers


class Scale(chainer.Link):
    """Multiplies by its parameter."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.w = chainer.Parameter(np.full(3, 2, np.float32))

    def forward(self, x: Any) -> chainer.Variable:
        return self.w * x


class Watched(chainer.FunctionNode):
    """The identity; notes in backward which of the arrays that it was told of are still there."""

    def __init__(self, watched: list[Any], alive: list[int]) -> None:
        self.watched, self.alive = watched, alive

    def forward(self, inputs: Any) -> Any:
        return (inputs[0] + 0,)

    def backward(self, indexes: Any, grad_outputs: Any) -> Any:
        self.alive.append(sum(ref() is not None for ref in self.watched))
        return grad_outputs


@pytest.fixture
def optimizer() -> Any:
    return optimizers.SGD(lr=0.5).setup(Scale())


def test_computes_clears_and_updates(optimizer) -> None:
    optimizer.target.w.grad = np.full(3, 100, np.float32)  # left over from before
    optimizer.update(lambda x, factor: F.sum(optimizer.target(x)) * factor, np.ones(3, np.float32), factor=2)
    np.testing.assert_array_equal(optimizer.target.w.grad, 2)
    np.testing.assert_array_equal(optimizer.target.w.array, 1)
    assert optimizer.t == 1


def test_a_loss_that_depends_on_nothing_changes_nothing(optimizer) -> None:
    optimizer.update(lambda: chainer.Variable(np.array(1, np.float32)))
    np.testing.assert_array_equal(optimizer.target.w.array, 2)


def _chain(optimizer: Any, watched: list[Any], alive: list[int]) -> chainer.Variable:
    """Products that keep an array each, with a look at which are alive before each is walked through."""
    h = optimizer.target.w
    for _ in range(3):
        (h,) = Watched(watched, alive).apply((h,))
        factor = np.ones(3, np.float32) * 1.5
        watched.append(weakref.ref(factor))
        h = h * chainer.Variable(factor)
    return F.sum(h)


def test_arrays_go_while_the_walk_is_still_on(optimizer) -> None:
    watched: list[Any] = []
    alive: list[int] = []
    optimizer.update(lambda: _chain(optimizer, watched, alive))
    assert alive == [2, 1, 0]
    assert all(ref() is None for ref in watched)


def test_a_walk_by_hand_keeps_them(optimizer) -> None:
    watched: list[Any] = []
    alive: list[int] = []
    loss = _chain(optimizer, watched, alive)
    loss.backward()
    assert alive == [3, 3, 3]
    optimizer.target.cleargrads()
    loss.backward()
    np.testing.assert_allclose(optimizer.target.w.grad, 1.5**3)


def test_keep_graph_on_report_keeps_them(optimizer) -> None:
    watched: list[Any] = []
    alive: list[int] = []
    with chainer.using_config("keep_graph_on_report", True):
        optimizer.update(lambda: _chain(optimizer, watched, alive))
    assert alive == [3, 3, 3]


def test_a_graph_that_was_there_before_can_be_walked_again(optimizer) -> None:
    x = chainer.Variable(np.full(3, 3, np.float32))
    before = x * x
    optimizer.update(lambda: F.sum(optimizer.target(before)))
    np.testing.assert_array_equal(x.grad, 2 * 3 * 2)
    x.cleargrad()
    F.sum(before).backward()
    np.testing.assert_array_equal(x.grad, 6)


def test_a_second_walk_over_what_was_used_up_says_so(optimizer) -> None:
    kept: list[chainer.Variable] = []

    def lossfun() -> chainer.Variable:
        kept.append(F.sum(optimizer.target(np.ones(3, np.float32))))
        return kept[0]

    optimizer.update(lossfun)
    with pytest.raises(RuntimeError, match=r"had retained were released: optimizer\.update\(lossfun"):
        kept[0].backward()


def test_an_exception_in_the_loss_leaves_gradients_and_counters(optimizer) -> None:
    optimizer.target.w.grad = np.full(3, 5, np.float32)

    def lossfun() -> chainer.Variable:
        raise KeyError("no data")

    with pytest.raises(KeyError, match="no data"):
        optimizer.update(lossfun)
    np.testing.assert_array_equal(optimizer.target.w.grad, 5)
    np.testing.assert_array_equal(optimizer.target.w.array, 2)
    assert optimizer.t == 0
