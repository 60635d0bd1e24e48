"""Products of sparse and dense matrices."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils import CooMatrix, to_coo
from chainer.utils.type_check import InvalidType

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}

transposes = pytest.mark.parametrize(("transa", "transb"), [(False, False), (False, True), (True, False), (True, True)])
batches = pytest.mark.parametrize("batch", [(), (3,), (1,)], ids=str)
sides = pytest.mark.parametrize("side", ["left", "right"])


def transposed(x: np.ndarray, wanted: bool) -> np.ndarray:
    return x.swapaxes(-1, -2).copy() if wanted else x


def draw(rng, batch, transa, transb, side, dtype="float64"):
    """Operands of one product, the sparse one still dense: the matrices of a batch are not equally full."""
    a, b = rng.normal(size=(*batch, 4, 5)), rng.normal(size=(*batch, 5, 6))
    sparse = a if side == "left" else b
    sparse *= rng.uniform(size=sparse.shape) < 0.4
    return transposed(a, transa).astype(dtype), transposed(b, transb).astype(dtype)


@transposes
@batches
@sides
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_the_dense_product(rng, transa, transb, batch, side, dtype):
    a, b = draw(rng, batch, transa, transb, side, dtype)
    operands = (to_coo(a), b) if side == "left" else (a, to_coo(b))
    y = F.sparse_matmul(*operands, transa, transb)
    assert y.dtype == dtype
    expected = F.matmul(a.astype("float64"), b.astype("float64"), transa, transb)
    np.testing.assert_allclose(y.array, expected.array, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@transposes
@batches
@sides
def test_gradients(rng, check_gradients, transa, transb, batch, side):
    a, b = draw(rng, batch, transa, transb, side)
    pattern = to_coo(a if side == "left" else b)

    def product(values, dense):
        sparse = CooMatrix(np.zeros_like(pattern.data.array), pattern.row, pattern.col, pattern.shape)
        sparse.data = values
        return F.sparse_matmul(*((sparse, dense) if side == "left" else (dense, sparse)), transa, transb)

    check_gradients(product, pattern.data.array, b if side == "left" else a)


def test_order_and_repetitions_of_values_do_not_matter(rng):
    """Values in one place add up, wherever they stand."""
    row, col = np.array([1, 0, 1, 0]), np.array([2, 1, 2, 0])
    sparse = CooMatrix(np.array([1.0, 2.0, 3.0, 4.0]), row, col, (2, 3))
    dense = rng.normal(size=(3, 4))
    np.testing.assert_allclose(F.sparse_matmul(sparse, dense).array, np.array([[4, 2, 0], [0, 0, 4]]) @ dense)


def test_padding_gets_no_gradient():
    batch = np.array([[[1, 2], [0, 3]], [[0, 0], [4, 0]]], "float32")
    sparse = to_coo(batch, requires_grad=True)
    y = F.sparse_matmul(sparse, np.ones((2, 2, 3), "float32"))
    F.sum(y).backward()
    np.testing.assert_array_equal(sparse.data.grad, [[3, 3, 3], [3, 0, 0]])


def test_values_without_gradient_get_none():
    sparse, dense = to_coo(np.eye(2, dtype="float32")), chainer.Variable(np.ones((2, 3), "float32"))
    F.sum(F.sparse_matmul(sparse, dense)).backward()
    assert sparse.data.grad is None
    np.testing.assert_array_equal(dense.grad, 1)


@pytest.mark.parametrize("shape", [(3, 0), (3, 1)])
def test_matrices_without_values_or_columns(shape):
    empty = to_coo(np.zeros((2, 3), "float32"), requires_grad=True)
    y = F.sparse_matmul(empty, chainer.Variable(np.ones(shape, "float32")))
    np.testing.assert_array_equal(y.array, np.zeros((2, shape[1])))
    y.grad = y.array
    y.backward()
    assert empty.data.grad.shape == (0,)


def test_mixed_dtypes_are_promoted_and_gradients_are_not():
    sparse = to_coo(np.eye(2, dtype="float32"), requires_grad=True)
    dense = chainer.Variable(np.ones((2, 3)))
    y = F.sparse_matmul(sparse, dense)
    assert y.dtype == "float64"
    F.sum(y).backward()
    assert (sparse.data.grad.dtype, dense.grad.dtype) == ("float32", "float64")


def test_refuses():
    dense = np.ones((3, 4), "float32")
    sparse = to_coo(np.ones((2, 3), "float32"))
    for operands in ((sparse, sparse), (dense, dense)):
        with pytest.raises(ValueError, match="one of a and b must be a CooMatrix"):
            F.sparse_matmul(*operands)
    with pytest.raises(InvalidType, match=r"dn.shape\[-2\] == 3"):
        F.sparse_matmul(sparse, dense[:2])
    with pytest.raises(InvalidType, match="sp.ndim == dn.ndim - 1"):
        F.sparse_matmul(sparse, dense[None])
    with pytest.raises(InvalidType, match="sp.ndim == dn.ndim - 1"):
        F.sparse_matmul(sparse, dense[0])
    with pytest.raises(InvalidType, match="dn.dtype.kind == f"):
        F.sparse_matmul(sparse, dense.astype("int32"))
    with pytest.raises(InvalidType, match=r"dn.shape\[0\] == sp.shape\[0\]"):
        F.sparse_matmul(to_coo(np.ones((2, 2, 3), "float32")), np.ones((3, 3, 4), "float32"))
