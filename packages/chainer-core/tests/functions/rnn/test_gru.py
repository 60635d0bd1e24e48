"""The elementwise parts of a step of gated recurrent units."""

import numpy as np
import pytest
from chainer import Variable
from chainer.functions.rnn._gru import next_state, reset_state
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType


def logistic(x):
    return 1 / (1 + np.exp(-x))


def step(h, *terms):
    """Reset gate, update gate and candidate, as a GRU puts them together."""
    r1, r2, z1, z2, c = terms
    return next_state(h, (z1, z2), (c, reset_state(h, r1, r2)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 5), (0, 2)])
def test_matches_reference(dtype, shape, rng):
    h, r1, r2, z1, z2, c = rng.uniform(-2, 2, (6, *shape)).astype(dtype)
    y = step(h, r1, r2, z1, z2, c)
    wide = [a.astype("d") for a in (h, r1, r2, z1, z2, c)]
    h, r1, r2, z1, z2, c = wide
    z = logistic(z1 + z2)
    expected = z * np.tanh(c + logistic(r1 + r2) * h) + (1 - z) * h
    assert y.dtype == dtype
    np.testing.assert_allclose(y.array, expected, rtol=0, atol={"e": 2e-2, "f": 1e-6, "d": 1e-12}[np.dtype(dtype).char])


def test_gradients(rng):
    arrays = tuple(rng.uniform(-1, 1, (6, 2, 3)))
    gy = rng.uniform(-1, 1, (2, 3))
    check_backward(step, arrays, gy, dtype="d")
    check_double_backward(step, arrays, gy, tuple(rng.uniform(-1, 1, (6, 2, 3))), dtype="d")


def test_terms_and_state_stay_as_they_are(rng):
    h, a, b = rng.uniform(-1, 1, (3, 2, 3))
    copies = [v.copy() for v in (h, a, b)]
    v = Variable(h)
    y = next_state(v, (a,), (reset_state(v, b),))
    y.grad = np.ones_like(h)
    y.backward()
    for array, copy in zip((h, a, b), copies):
        np.testing.assert_array_equal(array, copy)


def test_refuses_other_shapes_and_dtypes():
    h = np.zeros((2, 3), "f")
    with pytest.raises(InvalidType):
        reset_state(h, np.zeros((2, 4), "f"))
    with pytest.raises(InvalidType):
        next_state(h, (h,), (h.astype("d"),))
