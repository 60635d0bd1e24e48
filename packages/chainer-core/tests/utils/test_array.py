import numpy as np
import pytest
from chainer import utils
from chainer.utils import array


def test_flattens(rng):
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(array.as_vec(x), x.ravel())
    np.testing.assert_array_equal(array.as_mat(x), x.reshape(2, 12))
    assert array.as_mat(array.as_mat(x)) is not x
    assert array.as_vec(x.ravel()).shape == (24,)


def test_empty_like_has_shape_and_dtype():
    y = array.empty_like(np.zeros((2, 3), "float16"))
    assert (y.shape, y.dtype) == ((2, 3), np.float16)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 3), (2, 3), (4, 2, 3), (1, 1, 3)])
def test_sum_to_is_the_transpose_of_broadcasting(rng, shape):
    small, big = rng.normal(size=shape), rng.normal(size=(4, 2, 3))
    # <broadcast(s), b> = <s, sum_to(b)>
    np.testing.assert_allclose(
        (np.broadcast_to(small, big.shape) * big).sum(), (small * utils.sum_to(big, shape)).sum()
    )
    assert utils.sum_to(big, shape).shape == shape


def test_size_of_shape():
    assert [utils.size_of_shape(shape) for shape in [(), (0, 3), (2, 3)]] == [1, 0, 6]


def test_force_array_and_force_type():
    assert utils.force_array(np.float32(1)).shape == ()
    assert utils.force_array(1, "float16").dtype == np.float16
    x = np.ones(2)
    assert utils.force_array(x) is x
    assert utils.force_array(x, np.float32).dtype == np.float32
    assert utils.force_type(np.dtype("float32"), 1.5) == np.float32(1.5)
    assert utils.force_type(np.dtype("float64"), x) is x
    assert utils.force_type(np.dtype("float32"), x).dtype == np.float32


def test_tempdir_is_gone_afterwards(tmp_path):
    from pathlib import Path

    with utils.tempdir(dir=tmp_path) as path:
        (Path(path) / "file").touch()
        assert Path(path).parent == tmp_path
    assert not Path(path).exists()
