"""Against the plain body in float64; tolerance 3e-6 of the largest element, times the root of the terms of a sum."""

import math

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl, normalised
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep
normalization = pytest.importorskip("chainer_onednn_ext.normalization", exc_type=ImportError)

CASES = {
    "images": ((4, 5, 7, 9), (0, 2, 3)),
    "many": ((16, 40, 14, 14), (0, 2, 3)),
    "vectors": ((13, 70), (0,)),
    "many vectors": ((700, 200), (0,)),
    "one channel": ((4, 1, 5), (0, 2)),
    "one image": ((1, 3, 5, 5), (0, 2, 3)),
    "one value": ((1, 3), (0,)),
    "channels last": ((3, 5, 6, 20), (0, 1, 2)),
    "two keys": ((3, 4, 5, 6), (0, 3)),
    "1-d": ((3, 4, 5), (0, 2)),
}
plain = GeneralBatchNormalizationImpl()


@pytest.fixture(params=CASES)
def case(request, rng):
    shape, axis = CASES[request.param]
    keys = tuple(n for i, n in enumerate(shape) if i not in axis)
    x = (3 + 2 * rng.standard_normal(shape)).astype(np.float32)  # a mean that is not zero: variances may cancel
    gy = rng.standard_normal(shape).astype(np.float32)
    gamma, beta = rng.uniform(0.5, 2, keys).astype(np.float32), rng.standard_normal(keys).astype(np.float32)
    return x, gy, gamma, beta, axis


def close(actual, expected, n_terms=1):
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=3e-6 * math.sqrt(n_terms) * np.abs(expected).max() + 1e-6)


def wide(*arrays):
    return [a.astype(np.float64) for a in arrays]


def test_training(case, lay):
    x, gy, gamma, beta, axis = case
    before = declined.total()
    results = normalization.batch_norm_forward(lay(x), gamma, beta, axis, 2e-5)
    expected = plain.forward(*wide(x, gamma, beta), axis, 2e-5)
    for actual, wanted in zip(results, expected):
        if x.size > gamma.size:  # else the variance is 0, and 1 / sqrt(eps) enlarges every rounding
            close(actual, wanted)
    _, mean, _, inv_std = expected
    n = x.size // gamma.size
    gradients = normalization.batch_norm_backward(
        lay(x), gamma, lay(gy), mean.astype(np.float32), inv_std.astype(np.float32), axis
    )
    for actual, wanted in zip(gradients, plain.backward(*wide(x, gamma, gy), mean, inv_std, axis)):
        if n > 1:
            close(actual, wanted, n)
    assert declined.total() == before


def test_inference(case, lay, rng):
    x, _, gamma, beta, axis = case
    mean, var = rng.standard_normal(gamma.shape).astype("f"), rng.uniform(0.5, 2, gamma.shape).astype("f")
    y = normalization.batch_norm_inference(lay(x), gamma, beta, mean, var, axis, 2e-5)
    close(y, normalised(*wide(x, gamma, beta, mean), (var.astype("d") + 2e-5) ** -0.5, axis))


@pytest.mark.parametrize(
    ("shape", "axis", "dtype"),
    [((0, 3, 2), (0, 2), "f"), ((2, 3, 4), (1,), "f"), ((2, 3, 4), (0, 2), "d")],
    ids=["empty batch", "keys apart", "parameters of float64"],
)
def test_the_rest_is_left_to_the_plain_body(shape, axis, dtype, rng):
    keys = tuple(n for i, n in enumerate(shape) if i not in axis)
    x = rng.standard_normal(shape).astype(np.float32)
    gamma, beta = np.ones(keys, dtype), np.zeros(keys, dtype)
    before = declined["batch_norm_forward"]
    F.batch_normalization(x, gamma, beta, axis=axis)
    assert declined["batch_norm_forward"] == before + 1
    F.fixed_batch_normalization(x, gamma, beta, beta, gamma, axis=axis)
    assert declined["batch_norm_inference"] > 0


def test_gradients_of_the_link(rng):
    x = rng.standard_normal((4, 3, 5, 5)).astype(np.float32)
    gy = rng.standard_normal(x.shape).astype(np.float32)
    results = []
    for use in ("auto", "never"):
        with chainer.using_config("use_ideep", use):
            link = chainer.links.BatchNormalization(3)
            v = chainer.Variable(x)
            y = link(v)
            y.grad = gy
            y.backward()
            results.append((y.array, v.grad, link.gamma.grad, link.beta.grad, link.avg_mean, link.avg_var))
    for kernel, expected in zip(*results):
        np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-5)
