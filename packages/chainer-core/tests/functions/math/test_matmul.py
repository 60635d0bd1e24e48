"""Matrix products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils.type_check import InvalidType

SHAPES = [  # of op(a) and op(b)
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((0, 3), (3, 4)),
    ((0, 2, 3), (3, 4)),
    ((2, 0), (0, 4)),
]
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}

transposes = pytest.mark.parametrize(("transa", "transb"), [(False, False), (False, True), (True, False), (True, True)])
shapes = pytest.mark.parametrize("shapes", SHAPES, ids=str)


def transposed(x: np.ndarray, wanted: bool) -> np.ndarray:
    return x.swapaxes(-1, -2).copy() if wanted and x.ndim > 1 else x


@shapes
@transposes
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_reference(rng, shapes, transa, transb, dtype):
    a, b = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    y = F.matmul(transposed(a, transa), transposed(b, transb), transa, transb)
    expected = np.matmul(a.astype("float64"), b.astype("float64"))
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@shapes
@transposes
def test_gradients(rng, check_gradients, shapes, transa, transb):
    a, b = [rng.normal(size=shape) for shape in shapes]
    check_gradients(lambda a, b: F.matmul(a, b, transa, transb), transposed(a, transa), transposed(b, transb))


def test_takes_any_layout(rng):
    a, b = rng.normal(size=(6, 8))[::2, ::-2], rng.normal(size=(5, 4)).T
    np.testing.assert_allclose(F.matmul(a, b[:, ::2]).array, a @ b[:, ::2])


def test_mixed_dtypes_are_promoted_and_gradients_are_not(rng):
    a = chainer.Variable(rng.normal(size=(2, 3)).astype("float16"))
    b = chainer.Variable(rng.normal(size=(3, 4)).astype("float32"))
    y = F.matmul(a, b)
    assert y.dtype == "float32"
    ga, gb = chainer.grad([F.sum(y)], [a, b])
    assert (ga.dtype, gb.dtype) == ("float16", "float32")
    np.testing.assert_allclose(ga.array, np.tile(b.array.sum(1), (2, 1)), rtol=1e-2)


def test_float16_is_rounded_once():
    """A running sum in float16 would stop at 2048."""
    a = np.ones((1, 4096), "float16")
    assert F.matmul(a, a.T).array == 4096


@pytest.mark.parametrize(
    ("a", "b", "options", "match"),
    [
        ((2, 3), (2, 3), {}, r"a.shape\[-1\] == b.shape\[-2\]"),
        ((2, 3), (2, 3), {"transa": True, "transb": True}, r"a.shape\[-2\] == b.shape\[-1\]"),
        ((3,), (2, 3), {}, "a.shape"),
        ((3, 2, 3), (2, 3, 3), {}, "cannot broadcast"),
        ((), (2, 3), {}, "a.ndim >= 1"),
        ((2, 3), (), {}, "b.ndim >= 1"),
    ],
)
def test_refuses_shapes(a, b, options, match):
    with pytest.raises(InvalidType, match=match):
        F.matmul(np.ones(a, "float32"), np.ones(b, "float32"), **options)


def test_refuses_integers():
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        F.matmul(np.ones((2, 2), "int32"), np.ones((2, 2), "int32"))


# batch_matmul

BATCH_SHAPES = [((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((0, 2, 3), (0, 3, 4)), ((5, 1, 1), (5, 1, 1))]


@pytest.mark.parametrize("shapes", BATCH_SHAPES, ids=str)
@transposes
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_batch_matmul_matches_reference(rng, shapes, transa, transb, dtype):
    a, b = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    y = F.batch_matmul(transposed(a, transa), transposed(b, transb), transa, transb)
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.array, a.astype("float64") @ b.astype("float64"), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
    )


@pytest.mark.parametrize("shapes", BATCH_SHAPES, ids=str)
@transposes
def test_batch_matmul_gradients(rng, check_gradients, shapes, transa, transb):
    a, b = [rng.normal(size=shape) for shape in shapes]
    check_gradients(lambda a, b: F.batch_matmul(a, b, transa, transb), transposed(a, transa), transposed(b, transb))


@pytest.mark.parametrize(
    ("a", "b", "options", "shape"),
    [
        ((5, 2, 3), (5, 3), {}, (5, 2, 1)),
        ((5, 2, 3), (5, 2), {"transa": True}, (5, 3, 1)),
        ((5, 3), (5, 3, 4), {"transa": True}, (5, 1, 4)),
        ((5, 3), (5, 4), {"transb": True}, (5, 3, 4)),
        ((5, 3), (5, 3), {"transa": True}, (5, 1, 1)),
    ],
)
def test_vectors_of_a_batch_are_columns(rng, check_gradients, a, b, options, shape):
    a, b = rng.normal(size=a), rng.normal(size=b)
    columns = [x[:, :, None] if x.ndim == 2 else x for x in (a, b)]
    y = F.batch_matmul(a, b, **options)
    assert y.shape == shape
    np.testing.assert_allclose(y.array, F.batch_matmul(*columns, **options).array)
    check_gradients(lambda a, b: F.batch_matmul(a, b, **options), a, b)


@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        ((5, 2, 3), (5, 2, 3), r"a.shape\[2\] == b.shape\[1\]"),
        ((5, 2, 3), (4, 3, 2), "cannot broadcast"),
        ((3,), (3,), "a.ndim >= 2"),
        ((1, 5, 2, 3), (1, 5, 3, 2), "a.ndim <= 3"),
    ],
)
def test_batch_matmul_refuses(a, b, match):
    with pytest.raises(InvalidType, match=match):
        F.batch_matmul(np.ones(a, "float32"), np.ones(b, "float32"))
