"""Windows of images as columns and back, in two and in any number of dimensions."""

from __future__ import annotations

import itertools

import chainer
import numpy as np
import pytest
from chainer.utils import conv, conv_nd, get_conv_outsize, get_deconv_outsize


def columns(img, ksize, stride, pad, dilate, out_size, value):
    n = len(ksize)
    img = np.pad(img, [(0, 0), (0, 0)] + [(p, p + 20) for p in pad], constant_values=value)
    col = np.empty((*img.shape[:2], *ksize, *out_size))
    for offset in itertools.product(*map(range, ksize)):
        for position in itertools.product(*map(range, out_size)):
            pixel = tuple(o * s + i * d for o, s, i, d in zip(position, stride, offset, dilate))
            col[(slice(None), slice(None), *offset, *position)] = img[(slice(None), slice(None), *pixel)]
    assert col.ndim == 2 * n + 2
    return col


OPTIONS = [  # size, ksize, stride, pad, dilate
    ((7,), (3,), (2,), (1,), (2,)),
    ((7, 6), (3, 2), (1, 1), (0, 0), (1, 1)),
    ((7, 6), (3, 2), (2, 3), (1, 2), (1, 1)),
    ((7, 9), (2, 3), (2, 1), (0, 1), (3, 2)),
    ((4, 5, 6), (2, 3, 1), (1, 2, 3), (0, 1, 0), (1, 1, 1)),
]


@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize(("size", "ksize", "stride", "pad", "dilate"), OPTIONS)
def test_windows_and_back(rng, xp, size, ksize, stride, pad, dilate, cover_all):
    img = rng.uniform(-1, 1, (2, 3, *size))
    col = conv_nd.im2col_nd_cpu(xp.asarray(img), ksize, stride, pad, 5, cover_all, dilate)
    out_size = tuple(get_conv_outsize(*args[:4], cover_all, args[4]) for args in zip(size, ksize, stride, pad, dilate))
    np.testing.assert_array_equal(
        chainer.cuda.to_cpu(col), columns(img, ksize, stride, pad, dilate, out_size, 5), strict=True
    )
    # The way back is the transpose of the way there.
    other = rng.uniform(-1, 1, col.shape)
    zero_padded = columns(img, ksize, stride, pad, dilate, out_size, 0)
    back = conv_nd.col2im_nd_cpu(xp.asarray(other), stride, pad, size, dilate)
    assert back.shape == img.shape
    np.testing.assert_allclose((chainer.cuda.to_cpu(back) * img).sum(), (zero_padded * other).sum())


@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize(("size", "ksize", "stride", "pad", "dilate"), [o for o in OPTIONS if len(o[0]) == 2])
def test_two_dimensions_are_a_face_of_n(rng, size, ksize, stride, pad, dilate, cover_all):
    img = rng.uniform(-1, 1, (2, 3, *size))
    dy, dx = dilate
    col = conv.im2col_cpu(img, *ksize, *stride, *pad, pval=2, cover_all=cover_all, dy=dy, dx=dx)
    np.testing.assert_array_equal(col, conv_nd.im2col_nd_cpu(img, ksize, stride, pad, 2, cover_all, dilate))
    back = conv.col2im_cpu(col, *stride, *pad, *size, dy, dx)
    np.testing.assert_array_equal(back, conv_nd.col2im_nd_cpu(col, stride, pad, size, dilate))
    for im2col in (conv.im2col, conv.im2col_gpu):
        zero_padded = im2col(img, *ksize, *stride, *pad, cover_all, dy, dx)
        np.testing.assert_array_equal(zero_padded, conv_nd.im2col_nd(img, ksize, stride, pad, cover_all, dilate))


@pytest.mark.parametrize("function", [conv.im2col, conv_nd.im2col_nd])
def test_takes_variables_and_returns_an_array(function):
    img = np.arange(9, dtype="f").reshape(1, 1, 3, 3)
    args = (2, 2, 1, 1, 0, 0) if function is conv.im2col else ((2, 2), 1, 0)
    col = function(chainer.Variable(img), *args)
    assert isinstance(col, np.ndarray)
    np.testing.assert_array_equal(col, function(img, *args))


def test_columns_are_a_copy():
    img = np.zeros((1, 1, 3, 3))
    conv.im2col(img, 2, 2, 1, 1, 0, 0)[:] = 1
    np.testing.assert_array_equal(img, 0)


def test_a_given_number_of_windows():
    img = np.arange(16.0).reshape(1, 1, 4, 4)
    col = conv.im2col_cpu(img, 2, 2, 1, 1, 0, 0, out_h=2, out_w=1)
    np.testing.assert_array_equal(col, conv.im2col_cpu(img, 2, 2, 1, 1, 0, 0)[..., :2, :1])


@pytest.mark.parametrize("args", list(itertools.product([5, 8], [1, 3], [1, 2, 3], [0, 1], [False, True], [1, 2])))
def test_outsizes_are_inverse(args):
    size, k, s, p, cover_all, d = args
    if get_deconv_outsize(*args) > 0:
        assert get_conv_outsize(get_deconv_outsize(*args), k, s, p, cover_all, d) == size


def test_refuses():
    img = np.zeros((1, 1, 4, 4))
    with pytest.raises(ValueError, match=r"does not fit into an image of shape \(4, 4\)"):
        conv.im2col_cpu(img, 5, 5, 1, 1, 0, 0)
    with pytest.raises(ValueError, match="does not fit"):
        conv_nd.im2col_nd_cpu(img, (5, 1), 1, 0)
    with pytest.raises(ValueError, match="one a spatial axis"):
        conv_nd.im2col_nd_cpu(img, (2, 2), (1, 1, 1), 0)
