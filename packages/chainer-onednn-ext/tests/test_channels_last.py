"""The kernels for channels-last images against the plain bodies and float64, one by one."""

import numpy as np
import pytest
from chainer.backends import kernels
from chainer.functions.connection import _convolution
from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl, normalised
from chainer.functions.pooling import _windowed
from chainer.utils.conv import get_conv_outsize
from chainer_onednn_ext.channels_last import ChannelsLast, pack

AXIS = (0, 2, 3)


def draw(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


def last(x):
    return ChannelsLast(x.shape, pack(x))


def kernel(name):
    return kernels.find(name, ChannelsLast((1, 1, 1, 1), np.zeros((1, 1, 1, 1), np.float32)))


def close(actual, expected, tolerance=1e-5):
    actual = actual.array if isinstance(actual, ChannelsLast) else actual
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * max(1, np.abs(expected).max(initial=0)))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 4, 5), (3, 17, 7, 9), (2, 64, 8, 8), (1, 130, 33, 31)])
def test_layouts_are_inverse(rng, shape):
    x = draw(rng, *shape)
    np.testing.assert_array_equal(pack(x), x.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(last(x).array, x)
    np.testing.assert_array_equal(pack(x[:, ::-1]), x[:, ::-1].transpose(0, 2, 3, 1))


# B, C, O, size, ksize, stride, pad, dilate, groups, cover_all
CONVOLUTIONS = [
    (2, 3, 4, (5, 6), (3, 3), (1, 1), (1, 1), (1, 1), 1, False),
    (1, 16, 32, (9, 7), (3, 2), (2, 1), (1, 0), (1, 1), 1, False),
    (3, 17, 19, (8, 8), (1, 1), (1, 1), (0, 0), (1, 1), 1, False),
    (2, 64, 16, (9, 9), (1, 1), (2, 2), (0, 0), (1, 1), 1, False),
    (2, 8, 8, (10, 11), (3, 3), (1, 1), (2, 2), (2, 2), 1, False),
    (2, 8, 12, (7, 7), (3, 3), (2, 2), (0, 0), (1, 1), 1, True),
    (2, 12, 18, (6, 6), (3, 3), (1, 1), (1, 1), (1, 1), 3, False),
    (2, 16, 16, (6, 6), (3, 3), (1, 1), (1, 1), (1, 1), 16, False),
    (1, 3, 64, (23, 23), (7, 7), (2, 2), (3, 3), (1, 1), 1, False),
]


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolution(rng, case):
    n, c, o, size, ksize, stride, pad, dilate, groups, cover_all = case
    out_size = tuple(
        [
            get_conv_outsize(i, k, s, p, cover_all, d)
            for i, k, s, p, d in zip(size, ksize, stride, pad, dilate, strict=True)
        ]
    )
    x, W, b = draw(rng, n, c, *size), draw(rng, o, c // groups, *ksize), draw(rng, o)
    gy = draw(rng, n, o, *out_size)
    options = (stride, pad, dilate, groups)
    wide_x, wide_W, wide_b, wide_gy = [a.astype(np.float64) for a in (x, W, b, gy)]
    expected = _convolution.plain_conv_forward(wide_x, wide_W, wide_b, *options, out_size)
    for images in (last(x), x):
        close(kernel("conv_forward")(images, W, b, *options, out_size), expected)
    close(kernel("conv_forward")(last(x), W, None, *options, out_size), expected - wide_b.reshape(-1, 1, 1))
    expected = _convolution.plain_conv_backward_data(wide_gy, wide_W, None, *options, size)
    close(kernel("conv_backward_data")(last(gy), W, None, *options, size), expected)
    b = draw(rng, c)
    close(kernel("conv_backward_data")(last(gy), W, b, *options, size), expected + b.reshape(-1, 1, 1))
    expected = _convolution.plain_conv_backward_weights(wide_x, wide_gy, *options, ksize, np.float64)
    for pair in ((last(x), last(gy)), (x, last(gy)), (last(x), gy)):
        close(kernel("conv_backward_weights")(*pair, *options, ksize, np.float32), expected)


def test_filters_as_they_are_now_count(rng):
    x, W, b = draw(rng, 2, 3, 6, 6), draw(rng, 4, 3, 3, 3), draw(rng, 4)
    options = ((1, 1), (1, 1), (1, 1), 1, (6, 6))
    expected = _convolution.plain_conv_forward(x, W, b, *options)
    y = kernel("conv_forward")(last(x), W, b, *options)
    assert y.pending is not None
    W[...], b[...] = 0, 0
    close(y, expected)


# How a rectifier meets what is pending: each row is done to the output of a convolution.
def chain(x, W, b, scale, shift, addend, steps):
    y = kernel("conv_forward")(last(x), W, b, (1, 1), (1, 1), (1, 1), 1, x.shape[2:])
    wide = _convolution.plain_conv_forward(
        *[a.astype(np.float64) for a in (x, W, b)], (1, 1), (1, 1), (1, 1), 1, x.shape[2:]
    )
    for step in steps:
        if step == "affine":
            y = y.affine(shift, scale, shift)
            wide = (wide - shift.reshape(-1, 1, 1)) * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)
        elif step == "add":
            y, wide = y + last(addend), wide + addend
        elif step == "plain":
            y, wide = addend + y, wide + addend
        else:
            y, wide = kernel("relu")(y), np.maximum(wide, 0)
    return y, wide


@pytest.mark.parametrize("backprop", [True, False])
@pytest.mark.parametrize(
    "steps",
    [
        ("relu",),
        ("affine",),
        ("affine", "relu"),
        ("affine", "affine", "relu"),
        ("add", "relu"),
        ("affine", "add", "relu"),
        ("affine", "add", "affine", "add", "relu", "affine"),
        ("add", "add"),
        ("plain", "relu"),
        ("relu", "relu", "add"),
    ],
    ids="-".join,
)
def test_what_is_pending_is_computed_in_one_pass(rng, steps, backprop):
    import chainer

    operands = draw(rng, 2, 5, 6, 7), draw(rng, 18, 5, 3, 3), draw(rng, 18), draw(rng, 18), draw(rng, 18)
    with chainer.using_config("enable_backprop", backprop):
        y, expected = chain(*operands, draw(rng, 2, 18, 6, 7), steps)
        close(y, expected)


def test_what_others_may_ask_for_is_computed_on_its_own(rng):
    x, W, b = draw(rng, 1, 3, 5, 5), draw(rng, 4, 3, 3, 3), draw(rng, 4)
    y = kernel("conv_forward")(last(x), W, b, (1, 1), (1, 1), (1, 1), 1, (5, 5))
    z = kernel("relu")(y + last(np.ones((1, 4, 5, 5), np.float32)))
    assert y.pending is None  # its images were needed for z, so they are kept
    np.testing.assert_array_equal(z.array, np.maximum(y.array + 1, 0))


def test_what_nobody_asks_for_is_never_computed(rng):
    import chainer

    x, W, b, scale = draw(rng, 1, 3, 5, 5), draw(rng, 4, 3, 3, 3), draw(rng, 4), draw(rng, 4)
    with chainer.no_backprop_mode():
        y = kernel("conv_forward")(last(x), W, b, (1, 1), (1, 1), (1, 1), 1, (5, 5))
        normalized = y.affine(None, scale, b)
        total = normalized + last(np.ones((1, 4, 5, 5), np.float32))
        (origin,) = total.pending.origin
        assert origin is y
        del origin, y
        z = kernel("relu")(total)
        (origin,) = total.pending.origin
        assert origin.pending is not None and normalized.pending is not None
        expected = origin.array * scale.reshape(-1, 1, 1) + b.reshape(-1, 1, 1) + 1
        close(z, np.maximum(expected, 0))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 17, 7, 9), (8, 64, 8, 8), (1, 130, 3, 1), (2, 1, 60, 50)])
@pytest.mark.parametrize("offset", [0, 100])
def test_batch_normalization(rng, shape, offset):
    x, gy = draw(rng, *shape) + np.float32(offset), draw(rng, *shape)
    gamma, beta = draw(rng, shape[1]), draw(rng, shape[1])
    general = GeneralBatchNormalizationImpl()
    wide = [a.astype(np.float64) for a in (x, gamma, beta)]
    y, *statistics = kernel("batch_norm_forward")(last(x), gamma, beta, AXIS, 1e-5)
    expected = general.forward(*wide, AXIS, 1e-5)
    tolerance = 1e-5 if offset == 0 else 1e-4
    close(y, expected[0], tolerance)
    for actual, wanted in zip(statistics, expected[1:], strict=True):
        close(actual, wanted, tolerance)
    mean, _, inv_std = statistics
    expected = general.backward(
        wide[0], wide[1], gy.astype(np.float64), *[a.astype(np.float64) for a in (mean, inv_std)], AXIS
    )
    for upper in (last(gy), gy):
        for actual, wanted in zip(
            kernel("batch_norm_backward")(last(x), gamma, upper, mean, inv_std, AXIS), expected, strict=True
        ):
            close(actual, wanted, 10 * tolerance)


def test_batch_normalization_behind_a_rectifier(rng):
    x, gy, y = [draw(rng, 3, 20, 5, 4) for _ in range(3)]
    gamma, mean, inv_std = draw(rng, 20), draw(rng, 20), draw(rng, 20)
    upper = kernel("relu_backward")(last(y), last(gy))
    together = kernel("batch_norm_backward")(last(x), gamma, upper, mean, inv_std, AXIS)
    np.testing.assert_array_equal(upper.array, gy * (y > 0))
    apart = kernel("batch_norm_backward")(last(x), gamma, last(gy * (y > 0)), mean, inv_std, AXIS)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(getattr(a, "array", a), getattr(b, "array", b), rtol=1e-5, atol=1e-5)


def test_gradients_with_fixed_statistics(rng):
    x, gy, gamma, mean, var = draw(rng, 3, 20, 5, 4), draw(rng, 3, 20, 5, 4), *[draw(rng, 20) for _ in range(3)]
    var = var**2 + np.float32(0.1)
    served = kernel("batch_norm_inference_backward")(last(x), gamma, last(gy), mean, var, AXIS, 1e-5)
    of_channel = (1, 20, 1, 1)
    inv_std = 1 / np.sqrt(var.astype(np.float64) + 1e-5)
    x_hat = (x - mean.astype(np.float64).reshape(of_channel)) * inv_std.reshape(of_channel)
    expected = gy * (gamma * inv_std).reshape(of_channel), (gy * x_hat).sum(AXIS), gy.sum(AXIS, np.float64)
    for actual, wanted in zip(served, expected, strict=True):
        close(actual, wanted)


def test_batch_normalization_over_other_axes_is_left_to_the_plain_body(rng):
    x, gamma = draw(rng, 2, 3, 4, 5), draw(rng, 3, 4, 5)
    y, *_ = kernel("batch_norm_forward")(last(x), gamma, gamma, (0,), 1e-5)
    np.testing.assert_array_equal(y, GeneralBatchNormalizationImpl().forward(x, gamma, gamma, (0,), 1e-5)[0])
    y = kernel("batch_norm_inference")(last(x), gamma, gamma, gamma, abs(gamma), (0,), 1e-5)
    close(y, normalised(x, gamma, gamma, gamma, (abs(gamma) + 1e-5) ** -0.5, (0,)))


# size, ksize, stride, pad, out_size
POOLINGS = [
    ((4, 4), (2, 2), (2, 2), (0, 0), (2, 2)),
    ((7, 5), (3, 3), (2, 2), (1, 1), (4, 3)),
    ((8, 8), (3, 3), (2, 2), (0, 0), (4, 4)),  # the last window reaches beyond
    ((6, 6), (3, 2), (1, 3), (1, 0), (6, 2)),
    ((5, 5), (5, 5), (5, 5), (0, 0), (1, 1)),
]


@pytest.mark.parametrize("channels", [1, 5, 80])
@pytest.mark.parametrize("case", POOLINGS, ids=str)
@pytest.mark.parametrize("mode", ["max", "average", "average_no_pad"])
def test_pooling(rng, mode, case, channels):
    size, ksize, stride, pad, out_size = case
    x, gy = draw(rng, 2, channels, *size), draw(rng, 2, channels, *out_size)
    y, indexes = kernel("pool_forward")(mode, last(x), ksize, stride, pad, out_size)
    back = kernel("pool_backward")
    wide, wide_gy = x.astype(np.float64), gy.astype(np.float64)
    if mode == "max":
        expected, places = _windowed.max_pool(wide, ksize, stride, pad, out_size)
        np.testing.assert_array_equal(indexes.array, places)
        np.testing.assert_array_equal(y.array, expected)
        gx = _windowed.max_pool_back(wide_gy, places, ksize, stride, pad, size)
    else:
        close(y, _windowed.average_pool(wide, ksize, stride, pad, out_size, mode == "average"))
        assert indexes is None
        gx = _windowed.average_pool_back(wide_gy, ksize, stride, pad, size, mode == "average")
    for upper in (last(gy), gy):
        close(back(mode, upper, indexes, ksize, stride, pad, size), gx)


def test_nan_is_the_largest(rng):
    x = draw(rng, 1, 20, 2, 2)
    x[0, 3, 1, 0] = np.nan
    y, _ = kernel("pool_forward")("max", last(x), (2, 2), (2, 2), (0, 0), (1, 1))
    assert np.isnan(y.array[0, 3]) and np.isnan(y.array).sum() == 1
    assert np.isnan(kernel("relu")(last(x)).array[0, 3, 1, 0])


def test_channels_are_joined_and_cut(rng):
    parts = [draw(rng, 2, c, 3, 4) for c in (1, 5, 64)]
    joined = kernel("concat")([last(parts[0]), parts[1], last(parts[2])], 1)
    np.testing.assert_array_equal(joined.array, np.concatenate(parts, 1))
    y = last(joined.array)
    np.testing.assert_array_equal(y[:, 1:6].array, parts[1])
    np.testing.assert_array_equal(y[:, ::2], joined.array[:, ::2])
    np.testing.assert_array_equal(y[0], joined.array[0])
    np.testing.assert_array_equal(
        kernel("concat")([last(parts[1]), last(parts[1])], 2), np.concatenate([parts[1], parts[1]], 2)
    )


def test_sums_and_products(rng):
    x, y = draw(rng, 2, 70, 3, 4), draw(rng, 2, 70, 3, 4)
    close(last(x).sum(axis=(0, 2, 3)), x.astype(np.float64).sum((0, 2, 3)))
    close(last(x).sum(axis=0), x.astype(np.float64).sum(0))
    for other in (last(y), y):
        close(last(x) + other, x + y)
        close(last(x) * other, x * y)
    close(y + last(x), x + y)
    close(last(x) + y[:, :1], x + y[:, :1])
    close(last(x) * y[:1], x * y[:1])


def test_dropout_keeps_its_share(rng):
    np.random.seed(0)
    x = draw(rng, 4, 32, 20, 20)
    y, mask = kernel("dropout")(last(x), 0.3)
    np.testing.assert_array_equal(y.array, x * mask.array)
    assert abs((mask.array > 0).mean() - 0.7) < 0.01


def test_same_input_gives_the_same_bits(rng):
    x, W, gy = draw(rng, 4, 32, 28, 28), draw(rng, 32, 32, 3, 3), draw(rng, 4, 32, 28, 28)
    gamma = draw(rng, 32)
    options = ((1, 1), (1, 1), (1, 1), 1)

    def run():
        y = kernel("relu")(kernel("conv_forward")(last(x), W, None, *options, (28, 28)))
        z, mean, _, inv_std = kernel("batch_norm_forward")(y, gamma, gamma, AXIS, 1e-5)
        gx, *_ = kernel("batch_norm_backward")(y, gamma, last(gy), mean, inv_std, AXIS)
        gW = kernel("conv_backward_weights")(last(x), gx, *options, (3, 3), np.float32)
        return z.array, gW, kernel("conv_backward_data")(gx, W, None, *options, (28, 28)).array

    for a, b in zip(run(), run(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 40, 3, 3)])
def test_local_response_normalization(rng, shape):
    import chainer.functions as F

    x, gy = draw(rng, *shape), draw(rng, *shape)
    options = (5, 2.0, 0.1, 0.75)
    y, unit_scale = kernel("lrn_forward")(last(x), *options)
    node = F.local_response_normalization(x.astype(np.float64), 5, 2, 0.1, 0.75)
    close(y, node.array)
    from chainer.functions.normalization.local_response_normalization import LocalResponseNormalizationGrad

    wide = [a.astype(np.float64) for a in (x, y.array, gy, unit_scale.array)]
    (expected,) = LocalResponseNormalizationGrad(*options, unit_scale=wide[3]).forward(tuple(wide[:3]))
    for upper in (last(gy), gy):
        close(kernel("lrn_backward")(last(x), y, upper, unit_scale, *options), expected)
