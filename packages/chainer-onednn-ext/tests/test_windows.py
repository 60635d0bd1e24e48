"""Windows as columns and back: the same bits as the plain body, which adds in the same order."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils import conv, conv_nd
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep

CASES = {  # shape, window, stride, pad, dilation
    "line": ((2, 3, 17), (4,), (3,), (2,), (2,)),
    "image": ((2, 3, 9, 13), (3, 2), (1, 1), (1, 1), (1, 1)),
    "strides": ((3, 5, 11, 8), (3, 5), (2, 3), (0, 4), (2, 1)),
    "as many as pixels": ((2, 3, 6, 5), (3, 5), (1, 1), (1, 2), (1, 1)),
    "as many, wider than the image": ((2, 2, 3, 2), (5, 7), (1, 1), (2, 3), (1, 1)),
    "as many, fewer rows": ((2, 2, 7, 4), (3, 3), (1, 1), (0, 1), (1, 1)),
    "as many, dilated": ((2, 2, 9, 8), (3, 3), (1, 1), (5, 2), (2, 2)),
    "pointwise": ((2, 4, 5, 6), (1, 1), (1, 1), (0, 0), (1, 1)),
    "mostly padding": ((1, 2, 2, 1), (5, 6), (1, 2), (4, 7), (1, 1)),
    "volume": ((2, 2, 5, 6, 7), (2, 3, 1), (2, 1, 1), (1, 0, 2), (1, 2, 1)),
    "threads": ((4, 32, 40, 41), (3, 3), (1, 1), (1, 1), (1, 1)),
    "no images": ((0, 2, 5, 6), (3, 3), (1, 1), (1, 1), (1, 1)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("cover_all", [False, True])
def test_matches_plain(case, cover_all, lay, rng):
    shape, ksize, stride, pad, dilate = CASES[case]
    x = rng.standard_normal(shape).astype("f")
    before = declined.copy()
    col = conv_nd.im2col_nd(lay(x), ksize, stride, pad, cover_all=cover_all, dilate=dilate)
    back = conv_nd.col2im_nd(lay(col), stride, pad, shape[2:], dilate)
    assert declined == before
    with chainer.using_config("use_ideep", "never"):
        expected = conv_nd.im2col_nd(x, ksize, stride, pad, cover_all=cover_all, dilate=dilate)
        expected_back = conv_nd.col2im_nd(expected, stride, pad, shape[2:], dilate)
    np.testing.assert_array_equal(col, expected, strict=True)
    np.testing.assert_array_equal(back, expected_back, strict=True)


def test_value_of_the_padding(rng):
    x = rng.standard_normal((2, 1, 4, 5)).astype("f")
    col = conv.im2col_cpu(x, 3, 3, 2, 2, 2, 1, pval=-np.inf)
    with chainer.using_config("use_ideep", "never"):
        np.testing.assert_array_equal(col, conv.im2col_cpu(x, 3, 3, 2, 2, 2, 1, pval=-np.inf))


def test_four_dimensions_are_left_to_the_plain_body(rng):
    x = rng.standard_normal((1, 1, 3, 3, 3, 3)).astype("f")
    before = declined.copy()
    col = conv_nd.im2col_nd(x, (2,) * 4, 1, 0)
    assert conv_nd.col2im_nd(col, 1, 0, (3,) * 4).sum() == pytest.approx(col.sum(), abs=1e-4)
    assert declined - before == {"im2col": 1, "col2im": 1}


def test_gradient_of_im2col(rng):
    x = chainer.Variable(rng.standard_normal((2, 3, 6, 7)).astype("f"))
    F.sum(F.im2col(x, 3, stride=2, pad=1) ** 2).backward()
    counts = conv.col2im(np.ones((2, 3, 3, 3, 3, 4)), 2, 2, 1, 1, 6, 7)  # windows that a pixel lies in
    np.testing.assert_allclose(x.grad, 2 * counts * x.array, rtol=1e-6)
