"""What links that connect units do beyond the common table."""

import chainer.links as L
import numpy as np
import pytest


def floats(*shape):
    return np.random.RandomState(0).rand(*shape).astype("f")


CONVOLUTION = (
    "Convolution2D(in_channels=3, out_channels=4, ksize=(3, 2), stride=(2, 2), pad=(0, 0), nobias=False, "
    "dilate=(1, 1), groups=1)"
)


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: L.Linear(4), "Linear(in_size=None, out_size=4, nobias=False)"),
        (lambda: L.Linear(3, 4, nobias=True), "Linear(in_size=3, out_size=4, nobias=True)"),
        (lambda: L.ConvolutionND(2, 3, 4, 3), "ConvolutionND()"),
        (lambda: L.Convolution2D(3, 4, (3, 2), stride=2), CONVOLUTION),
        (
            lambda: L.BatchNormalization(3, use_beta=False),
            "BatchNormalization(size=3, decay=0.9, eps=2e-05, dtype=float32, use_gamma=True, use_beta=False)",
        ),
        (lambda: L.Maxout(3, 4, 2), "Maxout(\n  (linear): Linear(in_size=3, out_size=8, nobias=False),\n)"),
        (lambda: L.EmbedID(3, 4), "EmbedID()"),
    ],
)
def test_prints(make, expected):
    assert str(make()) == expected


@pytest.mark.parametrize(
    "cls, shape, n_out, x",
    [
        (L.Linear, (4, 3), 4, floats(2, 3)),
        (L.Convolution2D, (4, 3, 2, 2), 4, floats(2, 3, 5, 5)),
        (L.ConvolutionND, (4, 3, 2, 2, 2), 4, floats(2, 3, 3, 3, 3)),
        (L.Convolution1D, (4, 3, 2), 4, floats(2, 3, 5)),
        (L.Convolution3D, (4, 3, 2, 2, 2), 4, floats(2, 3, 3, 3, 3)),
    ],
)
def test_from_params(cls, shape, n_out, x):
    W, b = floats(*shape), floats(n_out)
    link = cls.from_params(W, b)
    np.testing.assert_array_equal(link.W.array, W)
    np.testing.assert_array_equal(link.b.array, b)
    without_bias = cls.from_params(W, nobias=True)
    assert without_bias.b is None
    zero_bias = cls.from_params(W)
    np.testing.assert_array_equal(zero_bias.b.array, 0)
    bias = b.reshape(1, -1, *[1] * (x.ndim - 2))
    np.testing.assert_allclose(link(x).array, without_bias(x).array + bias, rtol=1e-5)


def test_from_params_of_groups():
    link = L.Convolution2D.from_params(floats(4, 3, 2, 2), stride=(1, 2), pad=1, dilate=2, groups=2)
    assert (link.in_channels, link.out_channels, link.ksize) == (6, 4, (2, 2))
    assert (link.stride, link.pad, link.dilate, link.groups) == ((1, 2), (1, 1), (2, 2), 2)


def test_from_params_of_embeddings():
    W = floats(3, 2)
    link = L.EmbedID.from_params(W, ignore_label=1)
    np.testing.assert_array_equal(link(np.array([0, 1, 2])).array, [W[0], [0, 0], W[2]])


def test_linear_keeps_batch_axes():
    link = L.Linear(None, 4)
    x = floats(2, 3, 5)
    y = link(x, n_batch_axes=2)
    assert y.shape == (2, 3, 4)
    np.testing.assert_allclose(y.array[1], link(x[1]).array, rtol=1e-6)


def test_initial_values():
    link = L.Linear(3, 2, initialW=2, initial_bias=np.array([1.0, 3.0]))
    np.testing.assert_array_equal(link.W.array, 2)
    np.testing.assert_array_equal(link.b.array, [1, 3])
    assert link.b.dtype == np.float32


def test_maxout_takes_values_of_outputs_and_maps():
    W, b = floats(4, 2, 3), floats(4, 2)
    x = floats(5, 3)
    y = L.Maxout(3, 4, 2, initialW=W, initial_bias=b)(x).array
    np.testing.assert_allclose(y, (np.einsum("ijk,bk->bij", W, x) + b).max(axis=2), rtol=1e-5)


def test_scale_of_a_given_factor():
    x, factor = floats(2, 3, 4), floats(3)
    np.testing.assert_allclose(L.Scale(1)(x, factor).array, x * factor[:, None])
    np.testing.assert_allclose(L.Bias(1)(x, factor).array, x + factor[:, None])


def test_highway_at_a_closed_gate_carries_its_input():
    x = floats(2, 3)
    np.testing.assert_allclose(L.Highway(3, init_bt=-50)(x).array, x, rtol=1e-6)


def test_dropconnect_keeps_what_the_mask_says():
    x, W = floats(2, 3), floats(4, 3)
    link = L.SimplifiedDropconnect(3, 4, initialW=W)
    mask = np.arange(24).reshape(2, 4, 3) % 3 > 0
    # Kept weights are scaled up, so that the sum is as large on average.
    np.testing.assert_allclose(link(x, mask=mask).array, np.einsum("bij,bj->bi", W * mask * 2, x), rtol=1e-5)
    np.testing.assert_allclose(link(x, train=False).array, x @ W.T, rtol=1e-5)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: L.Convolution2D(3, 4, 3, groups=2), ValueError, "input channels must be divisible"),
        (lambda: L.ConvolutionND(2, 4, 3, 3, groups=2), ValueError, "output channels must be divisible"),
        (lambda: L.Deconvolution2D(4, 3, 3, groups=2), ValueError, "output channels must be divisible"),
        (lambda: L.Convolution2D(3, 4, 3, color=1), TypeError, "color"),
        (lambda: L.Linear.from_params(floats(4, 3), floats(3)), ValueError, "b must have shape"),
        (lambda: L.LocalConvolution2D(3, 4), TypeError, "ksize"),
        (lambda: L.Bilinear(2, 3, 4, initial_bias=1), ValueError, "initial_bias"),
        (lambda: L.Scale(1, bias_term=True), ValueError, "bias_shape"),
        (lambda: L.Scale(1, (3,))(floats(2, 3), floats(3)), ValueError, "too many values"),
        (lambda: L.InceptionBN(3, 2, 3, 4, 2, 3, "sum", 2), ValueError, "pooltype"),
        (lambda: L.InceptionBN(3, 2, 3, 4, 2, 3, "avg", 2, stride=2), ValueError, "out1=0"),
        (lambda: L.Linear(3, 4, initialW=object()), TypeError, "initializer"),
        (lambda: L.TheanoFunction(1, 2), RuntimeError, "no longer maintained"),
    ],
)
def test_refuses(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "short, full",
    [
        (lambda: L.Convolution2D(4, 3), lambda: L.Convolution2D(None, 4, 3)),
        (lambda: L.ConvolutionND(2, 4, 3), lambda: L.ConvolutionND(2, None, 4, 3)),
        (lambda: L.Deconvolution2D(4, 3), lambda: L.Deconvolution2D(None, 4, 3)),
        (lambda: L.DeconvolutionND(2, 4, 3), lambda: L.DeconvolutionND(2, None, 4, 3)),
        (lambda: L.DilatedConvolution2D(4, 3), lambda: L.DilatedConvolution2D(None, 4, 3)),
        (lambda: L.MLPConvolution2D((4, 5), 3), lambda: L.MLPConvolution2D(None, (4, 5), 3)),
    ],
)
def test_number_of_inputs_may_be_left_out(short, full):
    x = floats(1, 3, 5, 5)
    links = short(), full()
    for link in links:
        link(x)
    shapes = [[param.shape for param in link.params()] for link in links]
    assert shapes[0] == shapes[1]


def test_bilinear_zero_grads():
    link = L.Bilinear(2, 3, 4)
    link.zero_grads()
    assert all((param.grad == 0).all() for param in link.params())


def test_lazy_groups_are_checked_at_the_first_batch():
    link = L.Convolution2D(None, 4, 3, groups=2)
    with pytest.raises(ValueError, match="input channels must be divisible"):
        link(floats(1, 3, 5, 5))
