"""Tests of what all optimizers share: hooks, loss scaling, hyperparameters, what is updated and what is not."""

from __future__ import annotations

from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import optimizer_hooks, optimizers
from chainer.optimizer import GradientMethod, Hyperparameter, Optimizer, UpdateRule


class Pair(chainer.Chain):
    """Two parameters, of which the second may be settled later."""

    def __init__(self, dtype: str = "float32", initialised: bool = True) -> None:
        super().__init__()
        with self.init_scope():
            self.a = chainer.Parameter(np.ones(2, dtype))
            self.b = chainer.Parameter(np.ones(3, dtype)) if initialised else chainer.Parameter()


def give_gradients(link: chainer.Link, value: float = 1.0) -> None:
    link.cleargrads()
    for param in link.params():
        if param.is_initialized:
            param.grad = np.full_like(param.array, value)


def set_up(**kwargs: Any) -> Any:
    optimizer = optimizers.SGD(lr=0.5).setup(Pair(**kwargs))
    give_gradients(optimizer.target)
    return optimizer


# What is updated


def test_setup_gives_each_parameter_a_rule_and_returns_the_optimizer() -> None:
    optimizer = optimizers.SGD()
    assert optimizer.setup(Pair()) is optimizer
    rules = [param.update_rule for param in optimizer.target.params()]
    assert len(set(map(id, rules))) == 2
    assert (optimizer.t, optimizer.epoch) == (0, 0)


def test_counts_updates() -> None:
    optimizer = set_up()
    optimizer.update()
    optimizer.update()
    assert optimizer.t == 2
    assert {param.update_rule.t for param in optimizer.target.params()} == {2}


def test_disabled_links_and_rules_stay() -> None:
    optimizer = set_up()
    optimizer.target.disable_update()
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 1)
    assert optimizer.target.a.update_rule.t == 0
    optimizer.target.enable_update()
    optimizer.target.b.update_rule.enabled = False
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 0.5)
    np.testing.assert_array_equal(optimizer.target.b.array, 1)


def test_a_rule_joins_and_leaves_while_training(rng) -> None:
    """Small parameters are updated together; the group has to follow what changes."""
    optimizer = optimizers.MomentumSGD(lr=0.5).setup(Pair())
    expected = {"a": [1.0, 0.0], "b": [1.0, 0.0]}  # value, velocity

    def step(*names: str) -> None:
        give_gradients(optimizer.target)
        optimizer.update()
        for name in names:
            x, v = expected[name]
            v = 0.9 * v - 0.5
            expected[name] = [x + v, v]
        for name, (x, _) in expected.items():
            np.testing.assert_allclose(getattr(optimizer.target, name).array, x, rtol=1e-6)

    step("a", "b")
    optimizer.target.b.update_rule.enabled = False
    step("a")
    optimizer.target.b.update_rule.enabled = True
    step("a", "b")
    optimizer.target.a.array = optimizer.target.a.array.copy()  # the user's own array
    step("a", "b")


def test_a_parameter_without_gradient_counts_as_one_of_zeros() -> None:
    optimizer = optimizers.MomentumSGD(lr=0.5).setup(Pair())
    give_gradients(optimizer.target)
    optimizer.update()
    optimizer.target.a.cleargrad()
    optimizer.update()
    np.testing.assert_allclose(optimizer.target.a.array, 1 - 0.5 - 0.45, rtol=1e-6)


def test_an_uninitialised_parameter_waits() -> None:
    optimizer = optimizers.Adam().setup(Pair(initialised=False))
    give_gradients(optimizer.target)
    optimizer.update()
    assert not optimizer.target.b.is_initialized
    optimizer.target.b.initialize((2,))
    give_gradients(optimizer.target)
    optimizer.update()
    assert optimizer.target.b.update_rule.state["m"].shape == (2,)


def test_reallocates_cleared_gradients() -> None:
    optimizer = set_up(initialised=False)
    optimizer.target.cleargrads()
    optimizer.reallocate_cleared_grads()
    np.testing.assert_array_equal(optimizer.target.a.grad, 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda o: o.update(),
        lambda o: o.add_hook(print),
        lambda o: o.remove_hook("x"),
        lambda o: o.call_hooks(),
        lambda o: o.serialize(None),
    ],
    ids=["update", "add_hook", "remove_hook", "call_hooks", "serialize"],
)
def test_refuses_to_work_before_setup(call) -> None:
    with pytest.raises((RuntimeError, TypeError), match="not set up|callable"):
        call(optimizers.SGD())


def test_refuses_what_is_no_link() -> None:
    with pytest.raises(TypeError, match="must be a link, got Variable"):
        optimizers.SGD().setup(chainer.Variable(np.ones(1)))


def test_the_base_classes_leave_the_rule_open() -> None:
    for call in (Optimizer().update, GradientMethod().create_update_rule):
        with pytest.raises(NotImplementedError):
            call()
    param = chainer.Parameter(np.ones(1, "f"))
    param.grad = np.ones(1, "f")
    with pytest.raises(NotImplementedError, match="neither update_core nor update_elements"):
        UpdateRule().update(param)


def test_a_rule_of_the_old_kind_is_served() -> None:
    """Third parties define update_core_cpu, on the parameter."""

    class Rule(UpdateRule):
        def init_state(self, param):
            self.state["n"] = 0

        def update_core_cpu(self, param):
            self.state["n"] += 1
            param.array -= self.hyperparam.lr * param.grad

    class Method(GradientMethod):
        def __init__(self):
            super().__init__()
            self.hyperparam.lr = 0.5

        def create_update_rule(self):
            return Rule(self.hyperparam)

    optimizer = Method().setup(Pair())
    give_gradients(optimizer.target)
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 0.5)
    assert optimizer.target.a.update_rule.state == {"n": 1}


# Epochs


def test_counts_epochs_from_one_side_only() -> None:
    optimizer = set_up()
    optimizer.new_epoch()
    assert optimizer.epoch == 1
    with pytest.raises(RuntimeError, match="use_auto_new_epoch = True"):
        optimizer.new_epoch(auto=True)
    optimizer.use_auto_new_epoch = True
    optimizer.new_epoch(auto=True)
    assert optimizer.epoch == 2
    with pytest.raises(RuntimeError, match="duplicated new_epoch"):
        optimizer.new_epoch()


# Hooks


class Spy:
    """A hook that notes its calls."""

    def __init__(self, notes: list[str], name: str, timing: str | None = None, each: bool = False) -> None:
        self.notes, self.name, self.call_for_each_param = notes, name, each
        if timing is not None:
            self.timing = timing

    def __call__(self, owner: Any, *params: chainer.Parameter) -> None:
        values = [f"{param.array[0]:g}" for param in params or owner.target.params() if param.is_initialized]
        self.notes.append(f"{self.name}:{'+'.join(values)}")


def test_hooks_run_in_order_before_and_after_the_update() -> None:
    notes: list[str] = []
    optimizer = set_up()
    optimizer.add_hook(Spy(notes, "after", "post"))
    optimizer.add_hook(Spy(notes, "one", each=True))
    optimizer.add_hook(Spy(notes, "two"))
    optimizer.add_hook(Spy(notes, "late", "pre"), timing="post")
    optimizer.add_hook(lambda opt: notes.append("plain"), name="plain")
    optimizer.update()
    assert notes == ["one:1", "one:1", "two:1+1", "plain", "after:0.5+0.5", "late:0.5+0.5"]
    optimizer.remove_hook("two")
    optimizer.remove_hook("after")
    notes.clear()
    optimizer.update()
    assert notes == ["one:0.5", "one:0.5", "plain", "late:0+0"]


def test_hooks_of_a_rule_run_around_its_update() -> None:
    notes: list[str] = []
    optimizer = set_up()
    rule = optimizer.target.a.update_rule
    rule.add_hook(Spy(notes, "before"))
    rule.add_hook(Spy(notes, "after", "post"))
    optimizer.update()
    assert notes == ["before:1", "after:0.5"]
    rule.remove_hook("before")
    optimizer.update()
    assert notes == ["before:1", "after:0.5", "after:0"]
    np.testing.assert_array_equal(optimizer.target.b.array, 0)


def test_a_hook_meets_initialised_parameters_only() -> None:
    notes: list[str] = []
    optimizer = set_up(initialised=False)
    optimizer.add_hook(Spy(notes, "each", each=True))
    optimizer.update()
    assert notes == ["each:1"]


@pytest.mark.parametrize("owner", ["optimizer", "rule"])
@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((1,), TypeError, "must be callable"),
        ((print, "print", "never"), ValueError, "timing must be one of"),
        ((print, "taken"), KeyError, 'hook "taken" already exists'),
        ((type("Nameless", (), {"__call__": print})(),), ValueError, "pass name="),
    ],
)
def test_refuses_hooks(owner: str, arguments: tuple[Any, ...], error: type[Exception], match: str) -> None:
    optimizer = set_up()
    target = optimizer if owner == "optimizer" else optimizer.target.a.update_rule
    target.add_hook(print, "taken")
    with pytest.raises(error, match=match):
        target.add_hook(*arguments)
    with pytest.raises(KeyError, match='hook "missing" does not exist'):
        target.remove_hook("missing")


# Hyperparameters


def test_a_parameter_has_hyperparameters_of_its_own() -> None:
    optimizer = set_up()
    optimizer.target.a.update_rule.hyperparam.lr = 0.25
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 0.75)
    np.testing.assert_array_equal(optimizer.target.b.array, 0.5)
    optimizer.lr = 1.0
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 0.5)
    np.testing.assert_array_equal(optimizer.target.b.array, -0.5)


def test_hyperparameters_fall_back() -> None:
    common = Hyperparameter()
    common.lr, common.eps = 0.1, 1e-3
    own = Hyperparameter(common)
    own.lr = np.float64(0.2)
    assert own.parent is common
    assert (type(own.lr), own.lr, own.eps) == (float, 0.2, 1e-3)
    assert own.get_dict() == {"lr": 0.2, "eps": 1e-3}
    assert repr(own) == "Hyperparameter(eps=0.001, lr=0.2)"
    assert own.effective is own
    assert Hyperparameter(common).effective is common
    with pytest.raises(AttributeError, match="momentum"):
        _ = own.momentum


# float16


def test_loss_scaling_leaves_the_update_as_it_is() -> None:
    plain, scaled = (optimizers.SGD(lr=0.5).setup(Pair()) for _ in range(2))
    scaled.loss_scaling(scale=128.0)
    for optimizer in (plain, scaled):
        optimizer.update(lambda link=optimizer.target: F.sum(link.a * link.a) + F.sum(link.b))
    np.testing.assert_array_equal(plain.target.a.array, scaled.target.a.array)
    np.testing.assert_array_equal(plain.target.a.grad, scaled.target.a.grad)


def test_gradients_and_the_update_by_them_can_be_had_one_by_one() -> None:
    whole, halves = (optimizers.SGD(lr=0.5).setup(Pair()) for _ in range(2))
    for optimizer in (whole, halves):
        optimizer.loss_scaling(scale=4.0)
        assert optimizer.get_loss_scale() == 4
    whole.update(lambda: F.sum(whole.target.a * 3))
    halves.compute_gradients(lambda x: F.sum(halves.target.a * x), (1,))
    halves.compute_gradients(lambda x: F.sum(halves.target.a * x), kwds={"x": 2}, accumulate=True)
    np.testing.assert_array_equal(halves.target.a.grad, np.full_like(halves.target.a.array, 12))
    for _ in range(2):  # the second time there is nothing to divide out
        halves.unscale_gradients()
    halves.update()
    np.testing.assert_array_equal(whole.target.a.array, halves.target.a.array)
    halves.compute_gradients(lambda: F.sum(halves.target.a))  # replaces what was there
    np.testing.assert_array_equal(halves.target.a.grad, np.full_like(halves.target.a.array, 4))


def test_computing_gradients_uses_the_graph_up() -> None:
    optimizer = optimizers.SGD().setup(Pair())
    kept: list[chainer.Variable] = []

    def lossfun() -> chainer.Variable:
        kept.append(F.sum(F.exp(optimizer.target.a)))
        return kept[-1]

    optimizer.compute_gradients(lossfun)
    with pytest.raises(RuntimeError):
        kept[-1].backward()


def test_a_cleared_gradient_has_no_scale() -> None:
    optimizer = optimizers.SGD(lr=1.0).setup(Pair())
    optimizer.loss_scaling(scale=4.0)
    optimizer.compute_gradients(lambda: F.sum(optimizer.target.a))
    optimizer.target.cleargrads()
    give_gradients(optimizer.target, 8)
    before = optimizer.target.a.array.copy()
    optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, before - 8)


def test_a_sum_over_parts_decides_about_overflow_and_clipping() -> None:
    """Where other processes hold other parts, what they have counts too."""
    optimizer = optimizers.SGD(lr=1.0).setup(Pair())
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(1.0))
    optimizer.loss_scaling()
    assert optimizer.sum_over_parts(3.0) == 3
    optimizer.sum_over_parts = lambda value: value + 1
    give_gradients(optimizer.target, 1)
    optimizer.update()
    assert not optimizer.is_safe_to_update()
    norm = np.sqrt(1 + sum(param.size for param in optimizer.target.params()))
    np.testing.assert_allclose(optimizer.target.a.grad, 1 / norm, rtol=1e-6)


def test_what_needs_whole_parameters_is_told() -> None:
    class WholeRule(chainer.UpdateRule):
        pass

    optimizer = optimizers.Adam().setup(Pair())
    for hook in (chainer.optimizer_hooks.WeightDecay(0.1), chainer.optimizer_hooks.GradientClipping(1)):
        optimizer.add_hook(hook)
    assert optimizer.needs_whole_parameters() == []
    optimizer.add_hook(chainer.optimizer_hooks.GradientLARS())
    optimizer.target.a.update_rule.add_hook(lambda rule, param: None, name="any")
    optimizer.target.b.update_rule = WholeRule()
    assert optimizer.needs_whole_parameters() == ["WholeRule", "GradientLARS", "<lambda>"]


def test_a_scale_keeps_small_gradients_from_underflow() -> None:
    optimizer = optimizers.SGD(lr=2.0**14).setup(Pair("float16"))
    optimizer.set_loss_scale(1024.0)
    optimizer.update(lambda: F.sum(optimizer.target.a * 2.0**-14 * 2.0**-11))
    assert (optimizer.target.a.grad == 0).all()  # too small for float16 once unscaled
    scaled = optimizers.SGD().setup(Pair("float16"))
    scaled.loss_scaling(scale=1024.0)
    loss = F.sum(scaled.target.a * 2.0**-14 * 2.0**-9)
    scaled.target.cleargrads()
    loss.backward(loss_scale=1024.0)
    assert (scaled.target.a.grad == 2.0**-13).all()


def test_a_dynamic_scale_doubles_until_it_overflows_then_halves() -> None:
    optimizer = optimizers.SGD(lr=0.5).setup(Pair())
    optimizer.loss_scaling(interval=2)
    scales = []

    def update(gradient: float) -> None:
        scales.append(optimizer._loss_scale)
        give_gradients(optimizer.target, gradient)
        optimizer.update()

    update(1)
    update(1)
    assert optimizer.is_safe_to_update()
    before = optimizer.target.a.array.copy()
    update(np.inf)
    assert not optimizer.is_safe_to_update()
    np.testing.assert_array_equal(optimizer.target.a.array, before)  # the step is left out
    for _ in range(3):
        update(1)
    assert scales[:4] == [1, 2, 4, 2]
    np.testing.assert_allclose(scales[4:], [2 * 2**0.5, 4])
    assert optimizer.target.a.array[0] == before[0] - 1.5


def test_small_steps_add_up_in_a_float32_copy() -> None:
    optimizer = optimizers.SGD(lr=1e-4).setup(Pair("float16"))
    for _ in range(20):
        give_gradients(optimizer.target)
        optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, 1)  # 1 - 1e-4 is 1 in float16
    optimizer.use_fp32_update()
    for _ in range(20):
        give_gradients(optimizer.target)
        optimizer.update()
    assert optimizer.target.a.dtype == np.float16
    np.testing.assert_array_equal(optimizer.target.a.array, np.float16(1 - 20e-4))


def test_float32_copies_are_chosen_before_setup_too() -> None:
    optimizer = optimizers.SGD(lr=1e-4)
    optimizer.use_fp32_update()
    optimizer.setup(Pair("float16"))
    for _ in range(20):
        give_gradients(optimizer.target)
        optimizer.update()
    np.testing.assert_array_equal(optimizer.target.a.array, np.float16(1 - 20e-4))


# What is deprecated


def test_use_cleargrads_warns() -> None:
    with pytest.warns(DeprecationWarning, match="use_cleargrads is deprecated"):
        optimizers.SGD().use_cleargrads()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GradientClipping", (1,)),
        ("GradientHardClipping", (0, 1)),
        ("GradientNoise", (1,)),
        ("Lasso", (1,)),
        ("WeightDecay", (1,)),
    ],
)
def test_hooks_under_their_old_names_warn(name: str, arguments: tuple[float, ...]) -> None:
    with pytest.warns(DeprecationWarning, match=f"Use chainer.optimizer_hooks.{name} instead"):
        hook = getattr(chainer.optimizer, name)(*arguments)
    assert isinstance(hook, getattr(optimizer_hooks, name))
