"""Ten steps beside the plain body; tolerance 1e-5 of the parameters, whose steps are about 1e-2."""

import chainer
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep

RULES = {
    "sgd": (chainer.optimizers.SGD, {"lr": 0.02}),
    "momentum": (chainer.optimizers.MomentumSGD, {"lr": 0.02, "momentum": 0.8}),
    "corrected momentum": (chainer.optimizers.CorrectedMomentumSGD, {"lr": 0.02, "momentum": 0.8}),
    "nesterov": (chainer.optimizers.NesterovAG, {"lr": 0.02, "momentum": 0.8}),
    "adagrad": (chainer.optimizers.AdaGrad, {"lr": 0.01}),
    "adadelta": (chainer.optimizers.AdaDelta, {"rho": 0.9, "eps": 1e-4}),
    "graves": (chainer.optimizers.RMSpropGraves, {"lr": 0.001}),
    "smorms3": (chainer.optimizers.SMORMS3, {"lr": 0.01}),
    "msvag": (chainer.optimizers.MSVAG, {"lr": 0.02, "beta": 0.8, "eta": 0.5, "weight_decay_rate": 0.1}),
    "rmsprop": (chainer.optimizers.RMSprop, {"lr": 0.001}),
    "rmsprop, eps inside": (chainer.optimizers.RMSprop, {"lr": 0.001, "eps": 1e-3, "eps_inside_sqrt": True}),
    "adam": (chainer.optimizers.Adam, {"alpha": 0.01}),
    "adam with options": (chainer.optimizers.Adam, {"alpha": 0.01, "eta": 0.5, "weight_decay_rate": 0.1, "eps": 1e-3}),
    "adamw, NumPy scalars": (chainer.optimizers.AdamW, {"alpha": np.float32(0.01), "beta1": np.float64(0.8)}),
    "amsgrad": (chainer.optimizers.AMSGrad, {"alpha": 0.01}),
    "adabound": (chainer.optimizers.AdaBound, {"alpha": 0.01}),
    "amsbound": (chainer.optimizers.AMSBound, {"alpha": 0.01}),
}
SHAPES = [(), (1,), (3, 5), (40, 1000), (300, 301)]


def train(rule, arrays, gradients):
    """Parameters and states after a step with each of the gradients."""
    cls, options = RULES[rule]
    link = chainer.Link()
    with link.init_scope():
        for i, array in enumerate(arrays):
            setattr(link, f"p{i}", chainer.Parameter(array))
    optimizer = cls(**options).setup(link)
    for step in gradients:
        for param, gradient in zip(link.params(), step):
            param.grad = gradient
        optimizer.update()
    states = [value for param in link.params() for value in (param.update_rule.state or {}).values()]
    return [param.array for param in link.params()], states


@pytest.mark.parametrize("rule", RULES)
def test_matches_plain(rule, lay, rng):
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in SHAPES]
    gradients = [[rng.standard_normal(a.shape).astype(np.float32) for a in arrays] for _ in range(10)]
    copies = [[lay(g.copy()) for g in step] for step in gradients]
    before = declined.copy()
    params, states = train(rule, [lay(a.copy()) for a in arrays], copies)
    assert declined == before
    with chainer.using_config("use_ideep", "never"):
        expected_params, expected_states = train(rule, [a.copy() for a in arrays], gradients)
    for actual, expected in zip(params + states, expected_params + expected_states):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    for copy, gradient in zip(copies, gradients):
        for ours, given in zip(copy, gradient):
            np.testing.assert_array_equal(ours, given)  # gradients are the user's


def test_a_rule_that_overrides_the_maths_gets_a_gradient_of_its_own():
    class Half(chainer.optimizers.sgd.SGDRule):
        def update_elements(self, theta, grad, state):
            grad *= 0.5
            theta -= grad

    param = chainer.Parameter(np.zeros(3, np.float32))
    param.grad = np.ones(3, np.float32)
    param.update_rule = Half()
    param.update()
    np.testing.assert_array_equal(param.array, [-0.5] * 3)
    np.testing.assert_array_equal(param.grad, [1] * 3)
