"""A law: whatever the network and whoever looks at or writes into its arrays, kernels give what plain bodies give.

A network here is a list of steps, each of which makes a variable out of earlier ones, or looks at or writes into the
array of one. What a step does in particular follows from its number, so that any list is a network.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.ideep

TOLERANCE = 1e-3
NOISE = 1e-6


class Run:
    """Carries out the steps of a network; with noise of the size of rounding if asked for."""

    def __init__(self, noise=0.0):
        self.noise = noise
        self.jitter = np.random.default_rng(0)
        self.params = []

    def __call__(self, steps, seed, watched):
        self.rng = np.random.default_rng(seed)
        self.x = chainer.Variable(self.draw(2, 3, 7, 6))
        self.images = [self.x]
        for name, number in steps:
            if name in LAYERS:
                with Watch() if watched == len(self.images) else chainer.using_config("debug", False):
                    y = LAYERS[name](self, self.images[-1], number)
                if self.noise:
                    y.array *= 1 + self.noise * self.jitter.uniform(-1, 1, y.shape).astype(np.float32)
                self.images.append(y)
            else:
                TOUCHES[name](self, self.images[number % len(self.images)])
        y = self.images[-1]
        return F.sum(y * self.draw(*y.shape))

    def draw(self, *shape):
        return self.rng.standard_normal(shape).astype(np.float32)

    def param(self, *shape, at=0.0):
        fan_in = max(1, int(np.prod(shape[1:])))
        self.params.append(chainer.Parameter(np.float32(at) + self.draw(*shape) / np.float32(fan_in**0.5)))
        return self.params[-1]


class Watch(chainer.FunctionHook):
    """A hook that does nothing but be there."""

    name = "Watch"


def convolution(run, x, number):
    out, k = (4, 6, 16)[number % 3], (1, 3)[number // 3 % 2]
    stride = (1, 2)[number // 6 % 2]
    b = run.param(out) if number // 12 % 2 else None
    return F.convolution_2d(x, run.param(out, x.shape[1], k, k), b, stride, k // 2)


def depthwise(run, x, number):
    return F.convolution_2d(x, run.param(x.shape[1], 1, 3, 3), None, 1, 1, groups=x.shape[1])


def deconvolution(run, x, number):
    return F.deconvolution_2d(x, run.param(x.shape[1], 5, 3, 3), run.param(5), pad=1)


def batch_normalization(run, x, number):
    c = x.shape[1]
    if number % 2:
        return F.fixed_batch_normalization(x, run.param(c, at=1), run.param(c), run.draw(c), run.draw(c) ** 2 + 1)
    return F.batch_normalization(x, run.param(c, at=1), run.param(c))


def pooling(run, x, number):
    pool = (F.max_pooling_2d, F.average_pooling_2d)[number % 2]
    return pool(x, *((3, 1, 1), (2, 1, 0), (3, 2, 1))[number // 2 % 3]) if min(x.shape[2:]) > 1 else pool(x, 1)


def addition(run, x, number):
    others = [v for v in run.images if v.shape == x.shape]
    other = others[number % len(others)]
    return (x + other, other + x, x - other, F.add(x, other, x))[number // 5 % 4]


def concatenation(run, x, number):
    others = [v for v in run.images if v.shape[2:] == x.shape[2:]]
    parts = [x, others[number % len(others)]]
    return F.concat(parts[:: (1, -1)[number // 7 % 2]], axis=1)[:, :8]


def piece(run, x, number):
    return x[:, number % x.shape[1] :]


LAYERS = {
    "convolution": convolution,
    "depthwise": depthwise,
    "deconvolution": deconvolution,
    "batch normalization": batch_normalization,
    "relu": lambda run, x, number: F.relu(x),
    "leaky relu": lambda run, x, number: F.leaky_relu(x),
    "pooling": pooling,
    "addition": addition,
    "concatenation": concatenation,
    "piece": piece,
    "scaling": lambda run, x, number: x * 0.5,
    "product": lambda run, x, number: x * F.sigmoid(x),
    "lrn": lambda run, x, number: F.local_response_normalization(x),
    "dropout": lambda run, x, number: F.dropout(x, 0.0),
}


def look(run, v):
    assert type(v.array) is np.ndarray


def write(run, v):
    v.array[...] *= run.draw(*v.shape)


def write_channel(run, v):
    v.array[:, -1] = run.draw(*v.array[:, -1].shape)


def write_filters(run, v):
    if run.params:
        run.params[-1].array[...] += run.draw(*run.params[-1].shape) / 4


def replace(run, v):
    v.array = v.array * 2


TOUCHES = {"look": look, "write": write, "channel": write_channel, "filters": write_filters, "replace": replace}

steps = st.lists(
    st.tuples(st.sampled_from([*LAYERS, *LAYERS, *TOUCHES]), st.integers(0, 10**4)), min_size=1, max_size=12
)


def gradients(loss, run, retain_grad):
    loss.backward(retain_grad=retain_grad)
    found = {"loss": loss, "x": run.x.grad_var, **{f"parameter {i}": p.grad_var for i, p in enumerate(run.params)}}
    if retain_grad:
        found |= {f"image {i}": v.grad_var for i, v in enumerate(run.images)}
    return {name: v.array for name, v in found.items() if v is not None}


def twice(loss, run, retain_grad):
    firsts = chainer.grad([loss], [run.x, *run.params], enable_double_backprop=True)
    total = sum([F.sum(g * g) for g in firsts if g is not None], loss)
    return gradients(total, run, retain_grad)


def outcome(collect, network, retain_grad, noise=0.0):
    run = Run(noise)
    return collect(run(*network), run, retain_grad)


def distance(actual, expected):
    """The largest difference, as a share of the largest number of the array that it is in.

    Arrays that are small beside others are measured by those: sums of large numbers that cancel are no better.
    """
    assert actual.keys() == expected.keys()
    for a in actual.values():
        assert type(a) is np.ndarray
    largest = {k: np.abs(e).max() for k, e in expected.items()}
    least = 0.01 * max(1, *largest.values())
    return max([np.abs(actual[k] - e).max() / max(least, largest[k]) for k, e in expected.items()])


@pytest.mark.parametrize("collect", [gradients, twice])
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(steps, st.integers(0, 10**4), st.integers(0, 12), st.booleans())
def test_kernels_give_what_plain_bodies_give(collect, steps, seed, watched, retain_grad):
    network = steps, seed, watched
    with chainer.using_config("use_ideep", "never"):
        expected = outcome(collect, network, retain_grad)
        noisy = outcome(collect, network, retain_grad, NOISE)
    # Where rounding turns a rectifier off or moves a maximum, gradients jump, and there is nothing to compare.
    assume(all(np.isfinite(a).all() for a in expected.values()))
    assume(distance(noisy, expected) < TOLERANCE / 3)
    assert distance(outcome(collect, network, retain_grad), expected) < TOLERANCE
