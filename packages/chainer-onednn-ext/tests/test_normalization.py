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


def test_gradients_of_inference(case, lay, rng):
    x, gy, gamma, beta, axis = case
    mean, var = rng.standard_normal(gamma.shape).astype("f"), rng.uniform(0.5, 2, gamma.shape).astype("f")
    before = declined.total()
    results = []
    for arrays in ((lay(x), gamma, beta, mean, var, lay(gy)), wide(x, gamma, beta, mean, var, gy)):
        variables = [chainer.Variable(a) for a in arrays[:5]]
        y = F.fixed_batch_normalization(*variables, eps=2e-5, axis=axis)
        y.grad = arrays[5]
        y.backward()
        results.append([v.grad for v in variables])
    assert declined.total() == before
    for actual, wanted in zip(*results):
        close(actual, wanted, x.size // gamma.size)


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
    before = declined.copy()
    v = chainer.Variable(x)
    y = F.fixed_batch_normalization(v, gamma, beta, beta, gamma, axis=axis)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert declined - before == {"batch_norm_inference": 1, "batch_norm_inference_backward": 1}
    np.testing.assert_allclose(v.grad, 1, rtol=1e-4)


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


# shape, groups
GROUPED = {
    "images": ((3, 6, 5, 7), 2),
    "many": ((16, 32, 17, 19), 8),
    "each channel": ((2, 5, 3, 4), 5),
    "one group": ((2, 5, 3, 4), 1),
    "1-d": ((3, 4, 9), 2),
    "one pixel": ((3, 6, 1, 1), 2),
    "vectors": ((4, 6), 3),
    "one image": ((1, 2, 3, 3), 2),
    "empty batch": ((0, 4, 3, 3), 2),
}


def grouped(function, x, gamma, beta, gy):
    variables = [chainer.Variable(v) for v in (x, gamma, beta)]
    y = function(*variables)
    y.grad = gy
    y.backward()
    return [y.array, *[v.grad for v in variables]]


def check_grouped(function, arrays, lay, is_declined=False):
    before = declined.total()
    results = grouped(function, *[lay(a) for a in arrays])
    assert (declined.total() > before) == is_declined
    for actual, expected in zip(results, grouped(function, *wide(*arrays))):
        assert actual.dtype == np.float32
        assert actual.shape == expected.shape
        tolerance = 3e-6 * math.sqrt(len(arrays[0]) + 1) * np.abs(expected).max(initial=0) + 2e-6
        np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


def grouped_arrays(shape, rng):
    keys = shape[1:2]
    return [
        (3 + 2 * rng.standard_normal(shape)).astype(np.float32),
        rng.uniform(0.5, 2, keys).astype(np.float32),
        rng.standard_normal(keys).astype(np.float32),
        rng.standard_normal(shape).astype(np.float32),
    ]


@pytest.mark.parametrize("case", GROUPED)
def test_groups(case, lay, rng):
    shape, groups = GROUPED[case]
    arrays = grouped_arrays(shape, rng)
    check_grouped(lambda x, gamma, beta: F.group_normalization(x, groups, gamma, beta), arrays, lay, shape[0] == 0)


@pytest.mark.parametrize("shape", [(1, 2), (5, 7), (300, 512), (3, 10007), (0, 4)])
def test_layers(shape, lay, rng):
    check_grouped(F.layer_normalization, grouped_arrays(shape, rng), lay, shape[0] == 0)


def test_parameters_of_another_dtype_are_left_to_the_plain_body(rng):
    x, gamma, beta, _ = grouped_arrays((3, 4), rng)
    before = declined["layer_norm"]
    y = F.layer_normalization(x, *wide(gamma, beta))
    assert declined["layer_norm"] == before + 1
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.array, F.layer_normalization(x, gamma, beta).array, atol=1e-6)


# shape, and n, k, alpha, beta
RESPONSES = {
    "as in the paper": ((3, 16, 9, 11), (5, 2, 1e-4, 0.75)),
    "strong": ((3, 16, 9, 11), (5, 1, 0.3, 0.75)),
    "another exponent": ((2, 7, 3, 5), (3, 1, 0.5, 0.6)),
    "even width": ((2, 7, 3, 5), (4, 1, 0.5, 0.75)),
    "wider than the channels": ((2, 3, 5, 5), (9, 1, 0.5, 0.75)),
    "a channel alone": ((2, 3, 5, 5), (1, 1, 0.5, 0.75)),
    "one channel": ((2, 1, 3, 3), (5, 1, 0.5, 0.75)),
    "many channels": ((2, 1030, 3, 3), (5, 1, 0.5, 0.75)),
    "large images": ((2, 20, 45, 67), (5, 1, 0.5, 0.75)),
    "one pixel": ((1, 1, 1, 1), (5, 2, 1e-4, 0.75)),
    "vectors": ((4, 9), (5, 1, 0.5, 0.75)),
    "3-d": ((2, 5, 3, 4, 2), (5, 1, 0.5, 0.75)),
    "empty batch": ((0, 4, 3, 3), (5, 2, 1e-4, 0.75)),
}


def responses(x, gy, options):
    v = chainer.Variable(x)
    y = F.local_response_normalization(v, *options)
    y.grad = gy
    y.backward()
    return y.array, v.grad


@pytest.mark.parametrize("case", RESPONSES)
def test_local_responses(case, lay, rng):
    shape, options = RESPONSES[case]
    x, gy = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    before = declined.total()
    results = responses(lay(x), lay(gy), options)
    assert declined.total() == before
    for actual, expected in zip(results, responses(*wide(x, gy), options)):
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, expected, rtol=0, atol=3e-6 * np.abs(expected).max(initial=0))


@pytest.mark.parametrize("case", RESPONSES)
def test_local_responses_with_channels_last(case, rng):
    shape, options = RESPONSES[case]
    x, gy = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))

    def last(a):
        return np.ascontiguousarray(np.moveaxis(a, 1, -1))

    y, scale = normalization.lrn_forward(last(x), *options, True)
    gx = normalization.lrn_backward(last(x), y, last(gy), scale, *options, True)
    for actual, expected in zip((y, gx), responses(*wide(x, gy), options)):
        np.testing.assert_allclose(actual, last(expected), rtol=0, atol=3e-6 * np.abs(expected).max(initial=0))
