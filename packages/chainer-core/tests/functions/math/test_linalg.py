"""Determinants, inverses and decompositions of matrices, and Fourier transforms."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils.type_check import InvalidType

TOLERANCE = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-12}

dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


def regular(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Matrices that are far from singular."""
    return rng.uniform(-0.5, 0.5, shape) + 2 * np.eye(shape[-1])


@pytest.mark.parametrize(
    ("function", "reference", "shape"),
    [
        (F.det, np.linalg.det, (3, 3)),
        (F.det, np.linalg.det, (1, 1)),
        (F.batch_det, np.linalg.det, (4, 3, 3)),
        (F.batch_det, np.linalg.det, (0, 3, 3)),
        (F.inv, np.linalg.inv, (3, 3)),
        (F.batch_inv, np.linalg.inv, (4, 3, 3)),
        (F.batch_inv, np.linalg.inv, (0, 3, 3)),
    ],
)
class TestDetAndInv:
    @dtypes
    def test_matches_reference(self, rng, function, reference, shape, dtype):
        a = regular(rng, *shape).astype(dtype)
        for array in (a, a.swapaxes(-1, -2)):
            y, expected = function(array), reference(array.astype("float64"))
            assert y.dtype == dtype and y.shape == expected.shape
            np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])

    def test_gradients(self, rng, check_gradients, function, reference, shape):
        check_gradients(function, regular(rng, *shape))

    def test_refuses(self, function, reference, shape):
        with pytest.raises(InvalidType, match="shape"):
            function(np.ones((*shape[:-1], shape[-1] + 1), "float32"))
        with pytest.raises(InvalidType, match="ndim"):
            function(np.ones((2, *shape), "float32"))
        with pytest.raises(InvalidType, match="dtype.kind == f"):
            function(np.ones(shape, "int32"))


@pytest.mark.parametrize(("function", "shape"), [(F.inv, (2, 2)), (F.batch_inv, (3, 2, 2))])
def test_no_inverse_of_a_singular_matrix(function, shape):
    with pytest.raises(ValueError, match="singular"):
        function(np.ones(shape, "float32"))


def test_determinant_of_a_singular_matrix_has_no_gradient():
    a = chainer.Variable(np.ones((2, 2)))
    y = F.det(a)
    np.testing.assert_allclose(y.array, 0, atol=1e-15)
    with pytest.raises(ValueError, match="singular"):
        y.backward()


# cholesky


def positive(rng: np.random.Generator, n: int) -> np.ndarray:
    a = regular(rng, n, n)
    return a @ a.T


@pytest.mark.parametrize("n", [1, 3])
@dtypes
def test_cholesky(rng, n, dtype):
    a = positive(rng, n).astype(dtype)
    y = F.cholesky(a)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.array, np.tril(y.array))
    np.testing.assert_allclose(y.array @ y.array.T, a, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("n", [1, 3])
def test_cholesky_gradients(rng, check_gradients, n):
    """Of symmetric matrices: the gradient is that along the symmetric ones."""
    check_gradients(lambda a: F.cholesky((a + a.T) * 0.5), positive(rng, n))


def test_cholesky_refuses():
    a = np.eye(2, dtype="float32")
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        F.cholesky(-a)
    with pytest.raises(InvalidType, match="shape"):
        F.cholesky(np.ones((2, 3), "float32"))
    with pytest.raises(InvalidType, match="ndim == 2"):
        F.cholesky(a[None])
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        F.cholesky(a.astype("int32"))


# fft


@pytest.mark.parametrize(("function", "reference"), [(F.fft, np.fft.fft), (F.ifft, np.fft.ifft)])
class TestFFT:
    @pytest.mark.parametrize("shape", [(1,), (5,), (2, 3, 4), (0, 3)])
    @dtypes
    def test_matches_reference(self, rng, function, reference, shape, dtype):
        real, imag = [rng.normal(size=shape).astype(dtype) for _ in range(2)]
        ys = function((real, imag))
        expected = reference(real.astype("float64") + 1j * imag)
        for y, e in zip(ys, (expected.real, expected.imag), strict=True):
            assert y.dtype == dtype
            np.testing.assert_allclose(y.array, e, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])

    @pytest.mark.parametrize("shape", [(5,), (2, 4)])
    def test_gradients(self, rng, check_gradients, function, reference, shape):
        check_gradients(lambda *x: function(x), rng.normal(size=shape), rng.normal(size=shape))

    @pytest.mark.parametrize("part", [0, 1])
    def test_gradients_of_one_part(self, rng, check_gradients, function, reference, part):
        check_gradients(lambda *x: function(x)[part], rng.normal(size=4), rng.normal(size=4))

    def test_refuses(self, function, reference):
        x = np.ones((2, 3), "float32")
        with pytest.raises(InvalidType, match="real.shape == imag.shape"):
            function((x, x[0]))
        with pytest.raises(InvalidType, match="real.dtype == imag.dtype"):
            function((x, x.astype("float64")))
        with pytest.raises(InvalidType, match="real.ndim > 0"):
            function((np.array(1.0), np.array(1.0)))
        with pytest.raises(ValueError, match="unpack"):
            function((x,))


def test_ifft_is_the_inverse_of_fft(rng):
    real, imag = rng.normal(size=(2, 3, 8))
    back = F.ifft(F.fft((real, imag)))
    np.testing.assert_allclose(back[0].array, real)
    np.testing.assert_allclose(back[1].array, imag)
