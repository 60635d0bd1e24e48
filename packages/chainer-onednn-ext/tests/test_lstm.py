"""One step of LSTM, against the plain body in float64; tolerance 1e-6 of the largest element."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
_core = pytest.importorskip("chainer_onednn_ext._core", exc_type=ImportError)

SHAPES = {  # sequences, those that go on, units
    "one": (1, 1, 1),
    "odd": (5, 5, 19),
    "ended": (7, 3, 33),
    "all ended": (3, 0, 4),
    "empty": (0, 0, 4),
    "threads": (40, 40, 300),
}


def step(shape, dtype, lay, used):
    all_, batch, n = shape
    rng = np.random.default_rng(0)
    c, x = (chainer.Variable(lay(rng.uniform(-3, 3, s).astype("f").astype(dtype))) for s in ((all_, n), (batch, 4 * n)))
    ys = F.lstm(c, x)
    for y in ys[used]:
        y.grad = lay(rng.uniform(-1, 1, y.shape).astype("f").astype(dtype))
    chainer.backward(ys[used])
    return [*(y.array for y in ys), c.grad, x.grad]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("used", [slice(2), slice(1), slice(1, 2)], ids=["both", "cells", "outputs"])
def test_matches_plain(shape, used, lay):
    before = declined.copy()
    actual = step(shape, "f", lay, used)
    assert declined == before
    for a, e in zip(actual, step(shape, "d", np.asarray, used), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, e, rtol=0, atol=1e-6 * np.abs(e).max(initial=0))


def test_may_be_turned_off_between_forward_and_backward(rng):
    c, x, gradients = rng.uniform(-1, 1, (3, 4)).astype("f"), rng.uniform(-1, 1, (3, 16)).astype("f"), []
    for forward, backward in (("auto", "auto"), ("auto", "never"), ("never", "auto")):
        v = chainer.Variable(x)
        with chainer.using_config("use_ideep", forward):
            y = F.sum(F.lstm(c, v)[1] ** 2)
        with chainer.using_config("use_ideep", backward):
            y.backward()
        gradients.append(v.grad)
    np.testing.assert_allclose(gradients[1:], gradients[:1] * 2, atol=1e-6)


def test_images_are_left_to_the_plain_body(rng):
    before = declined["lstm"]
    F.lstm(rng.uniform(-1, 1, (2, 1, 3)).astype("f"), rng.uniform(-1, 1, (2, 4, 3)).astype("f"))
    assert declined["lstm"] == before + 1


def test_logistic_is_right_to_three_units_in_the_last_place():
    x = np.concatenate([np.linspace(-80, 30, 200_001), [0, np.inf]]).astype("f")
    gates = _core.lstm(np.zeros((len(x), 1), "f"), np.repeat(x[:, None], 4, axis=1))[2]
    exact = 1 / (1 + np.exp(-x.astype("d")))
    for gate in gates[1:, :, 0]:
        assert (np.abs(gate - exact) / np.spacing(exact.astype("f"))).max() <= 3
    assert _core.lstm(np.zeros((1, 1), "f"), np.full((1, 4), -np.inf, "f"))[2][1:].max() == 0
