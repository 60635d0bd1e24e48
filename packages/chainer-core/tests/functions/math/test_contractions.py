"""Sums of products over chosen axes: einsum and tensordot."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils.type_check import InvalidType

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}
EINSUMS = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "ij , jk -> ki": [(2, 3), (3, 4)],
    "bij,bjk->bik": [(2, 2, 3), (2, 3, 4)],
    "ij,kj,il->kl": [(2, 3), (4, 3), (2, 5)],
    "i,j": [(2,), (3,)],
    "i,i": [(3,), (3,)],
    "ij,ij->": [(2, 3), (2, 3)],
    "ij,ij,ij->i": [(2, 3), (2, 3), (2, 3)],
    "ij->ji": [(2, 3)],
    "ji": [(2, 3)],
    "ij->i": [(2, 3)],
    "ij->": [(2, 3)],
    "ii": [(3, 3)],
    "ii->i": [(3, 3)],
    "iij->j": [(2, 2, 3)],
    "iii->i": [(2, 2, 2)],
    "ii,i->i": [(2, 2), (2,)],
    "i,->i": [(3,), ()],
    "": [()],
    "Aa,aB->AB": [(2, 3), (3, 4)],
    "...ij->...ji": [(2, 3, 4)],
    "...ij,...jk->...ik": [(5, 2, 3), (5, 3, 4)],
    "i...,j...->ij...": [(2, 3, 4), (5, 3, 4)],
    "...j->...": [(2, 3)],
    "...,...->...": [(2, 3), (3,)],
    "...i,i": [(2, 3), (3,)],
    "ij,jk->ik ": [(0, 3), (3, 4)],
    "ij->j": [(0, 3)],
}

einsums = pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS.items())


@einsums
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_einsum_matches_reference(rng, subscripts, shapes, dtype):
    xs = [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]
    y = F.einsum(subscripts, *xs)
    expected = np.einsum(subscripts, *[x.astype("float64") for x in xs])
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@einsums
def test_einsum_gradients(rng, check_gradients, subscripts, shapes):
    check_gradients(lambda *xs: F.einsum(subscripts, *xs), *[rng.uniform(-1, 1, shape) for shape in shapes])


def test_einsum_with_lists(rng):
    x, y = rng.normal(size=(2, 3)), rng.normal(size=(4, 3))
    np.testing.assert_allclose(F.einsum(x, [0, 1], y, [2, 1], [2, 0]).array, y @ x.T)
    np.testing.assert_allclose(F.einsum(x, [0, 1], y, [2, 1]).array, x @ y.T)
    np.testing.assert_allclose(F.einsum(x, [0, Ellipsis], [Ellipsis, 0]).array, x.T)


def test_large_einsum_takes_the_short_way(rng):
    """Where a plan is made, the numbers stay the same."""
    x, y = rng.normal(size=(40, 50)), rng.normal(size=(50, 30))
    np.testing.assert_allclose(F.einsum("ij,jk->ik", x, y).array, x @ y)
    np.testing.assert_allclose(F.einsum("ij->j", x).array, x.sum(0))


@pytest.mark.parametrize("function", [lambda x: F.einsum("i,i", x, x), lambda x: F.tensordot(x, x, 1)])
def test_float16_is_rounded_once(function):
    """A running sum in float16 would stop at 2048."""
    y = function(np.ones(4096, "float16"))
    assert y.dtype == "float16" and y.array == 4096


def test_einsum_of_mixed_dtypes(rng):
    x = chainer.Variable(rng.normal(size=(2, 3)).astype("float32"))
    y = chainer.Variable(rng.normal(size=(3, 4)))
    z = F.einsum("ij,jk", x, y)
    assert z.dtype == "float64"
    gx, gy = chainer.grad([F.sum(z)], [x, y])
    assert (gx.dtype, gy.dtype) == ("float32", "float64")


@pytest.mark.parametrize(
    ("operands", "match"),
    [
        (("ij->k", np.ones((2, 3))), "output character 'k' did not appear"),
        (("ij->j...", np.ones((2, 3))), r"output character '\.\.\.' did not appear"),
        (("i->ii", np.ones(2)), "'i' multiple times"),
        (("ij,jk", np.ones((2, 3))), "number of einsum subscripts .* 2 and 1"),
        (("ij->i->j", np.ones((2, 3))), "only contain one '->'"),
        (("i;", np.ones(2)), "got ';'"),
        (("...i->i", np.ones((2, 3))), "ellipsis"),
        (("...->", np.ones((2, 3))), "ellipsis"),
        ((), "got nothing"),
    ],
)
def test_einsum_refuses_subscripts(operands, match):
    with pytest.raises(ValueError, match=match):
        F.einsum(*operands)


@pytest.mark.parametrize(
    ("operands", "match"),
    [
        (("ij,jk", np.ones((2, 3)), np.ones((2, 3))), r"x0.shape\[1\] == x1.shape\[0\]"),
        (("ii", np.ones((2, 3))), r"x0.shape\[0\] == x0.shape\[1\]"),
        (("ijk", np.ones((2, 3))), "x0.ndim == 3"),
        (("ij", np.ones((2, 3), "int32")), "x0.dtype.kind == f"),
    ],
)
def test_einsum_refuses_arrays(operands, match):
    with pytest.raises(InvalidType, match=match):
        F.einsum(*operands)


# tensordot

TENSORDOTS = [
    ((2, 3, 4), (4, 3), 1),
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (2, 3), 2),
    ((2,), (3,), 0),
    ((2, 3, 4), (2, 4, 3), ((1, 2), (2, 1))),
    ((2, 3, 4), (4, 3, 5), ((2, 1), (0, 1))),
    ((2, 3, 4), (5, 4, 3), ((1, 2), (2, 1))),
    ((2, 3, 4), (5, 3), (1, 1)),
    ((2, 3, 4), (5, 3), (-2, -1)),
    ((2, 3, 4), (3, 2, 4), ([0, 2, 1], [1, 2, 0])),
    ((0, 3), (3, 4), 1),
    ((2, 0), (0, 4), 1),
]

tensordots = pytest.mark.parametrize(("a", "b", "axes"), TENSORDOTS)


@tensordots
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_tensordot_matches_reference(rng, a, b, axes, dtype):
    a, b = [rng.uniform(-1, 1, shape).astype(dtype) for shape in (a, b)]
    y = F.tensordot(a, b, axes)
    expected = np.asarray(np.tensordot(a.astype("float64"), b.astype("float64"), axes))
    assert y.dtype == dtype and y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@tensordots
def test_tensordot_gradients(rng, check_gradients, a, b, axes):
    check_gradients(lambda a, b: F.tensordot(a, b, axes), rng.uniform(-1, 1, a), rng.uniform(-1, 1, b))


def test_tensordot_sums_two_axes_by_default(rng):
    a, b = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(F.tensordot(a, b).array, (a * b).sum((1, 2)))


def test_tensordot_of_mixed_dtypes(rng):
    a, b = chainer.Variable(np.ones((2, 3), "float16")), chainer.Variable(np.ones((3, 4), "float32"))
    y = F.tensordot(a, b, 1)
    assert y.dtype == "float32"
    ga, gb = chainer.grad([F.sum(y)], [a, b])
    assert (ga.dtype, gb.dtype) == ("float16", "float32")


@pytest.mark.parametrize(
    ("axes", "error", "match"),
    [
        (3, ValueError, "at most the number of axes"),
        (1.5, TypeError, "pair of sequences"),
        ((0, 1, 2), ValueError, "3 entries"),
        (((0, 1), (0,)), ValueError, "as many axes of a as of b"),
        (((0,), (5,)), IndexError, "2 axes"),
        (1, InvalidType, r"a.shape\[1\] == b.shape\[0\]"),
    ],
)
def test_tensordot_refuses(axes, error, match):
    x = np.ones((2, 3), "float32")
    with pytest.raises(error, match=match):
        F.tensordot(x, x, axes)


def test_tensordot_refuses_integers():
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        F.tensordot(np.ones((2, 2), int), np.ones((2, 2), int))
