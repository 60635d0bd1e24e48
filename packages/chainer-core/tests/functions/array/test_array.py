"""All functions that rearrange arrays, against NumPy: one row a function and option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

MASK = np.array([[True, False, True], [False, False, True]])
PERMUTATION = np.array([2, 0, 1])


@dataclass(frozen=True)
class Case:
    """A function of arrays of given shapes, and what NumPy says."""

    name: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]

    def draw(self, rng: np.random.Generator, dtype: str) -> list[np.ndarray]:
        return [rng.uniform(-1, 1, shape).astype(dtype) for shape in self.shapes]


def _blocks(x: np.ndarray, r: int) -> np.ndarray:
    """space2depth, pixel by pixel."""
    b, c, h, w = x.shape
    y = np.empty((b, r * r * c, h // r, w // r), x.dtype)
    for i in range(r):
        for j in range(r):
            y[:, (i * r + j) * c : (i * r + j + 1) * c] = x[:, :, i::r, j::r]
    return y


def _windows(x: np.ndarray, k: int, s: int, p: int, d: int) -> np.ndarray:
    """im2col, window by window."""
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = (x.shape[2] - (k - 1) * d - 1) // s + 1
    wide = (x.shape[3] - (k - 1) * d - 1) // s + 1
    y = np.empty((*x.shape[:2], k, k, out, wide), x.dtype)
    for i in range(out):
        for j in range(wide):
            y[..., i, j] = x[:, :, i * s : i * s + (k - 1) * d + 1 : d, j * s : j * s + (k - 1) * d + 1 : d]
    return y.reshape(x.shape[0], -1, out, wide)


def _added(a: np.ndarray, index: Any, b: np.ndarray) -> np.ndarray:
    y = a.copy()
    np.add.at(y, index, b)
    return y


def _padded(*xs: np.ndarray) -> np.ndarray:
    y = np.full((len(xs), max(map(len, xs)), *xs[0].shape[1:]), 9, xs[0].dtype)
    for row, x in zip(y, xs):
        row[: len(x)] = x
    return y


def _by_time(*xs: np.ndarray) -> list[np.ndarray]:
    return [np.array([x[t] for x in xs if t < len(x)]) for t in range(len(xs[0]))]


CASES = [
    Case(
        "as_strided", lambda x: F.as_strided(x, (2, 3), (2, 1), 1), lambda x: x.ravel()[[[1, 2, 3], [3, 4, 5]]], ((6,),)
    ),
    Case(
        "as_strided-repeats",
        lambda x: F.as_strided(x, (2, 2), (0, 1)),
        lambda x: x.ravel()[[[0, 1], [0, 1]]],
        ((2, 3),),
    ),
    Case("broadcast", lambda x, y: F.broadcast(x, y), np.broadcast_arrays, ((2, 1), (3,))),
    Case("broadcast_to", lambda x: F.broadcast_to(x, (2, 3)), lambda x: np.broadcast_to(x, (2, 3)), ((2, 1),)),
    Case("concat", lambda x, y: F.concat((x, y)), lambda x, y: np.concatenate([x, y], 1), ((2, 3), (2, 1))),
    Case("concat-axis", lambda x, y: F.concat((x, y), axis=-2), lambda x, y: np.concatenate([x, y]), ((2, 3), (0, 3))),
    Case("concat-one", lambda x: F.concat((x,)), lambda x: x, ((2, 3),)),
    Case("copy-index", lambda x: F.copy(x, -1), lambda x: x, ((2, 3),)),
    Case("copy", lambda x: F.copy(x, "@numpy"), lambda x: x, ((2, 3),)),
    Case("depth2space", lambda x: F.depth2space(_as_blocks(x), 2), lambda x: x, ((2, 3, 4, 6),)),
    Case("diagonal", F.diagonal, np.diagonal, ((3, 4),)),
    Case("diagonal-axes", lambda x: F.diagonal(x, -1, 2, 0), lambda x: np.diagonal(x, -1, 2, 0), ((3, 2, 4),)),
    Case("diagonal-outside", lambda x: F.diagonal(x, 7), lambda x: np.diagonal(x, 7), ((3, 4),)),
    Case("dstack", lambda x, y: F.dstack((x, y)), lambda x, y: np.dstack((x, y)), ((2, 3), (2, 3))),
    Case("dstack-3d", lambda x, y: F.dstack((x, y)), lambda x, y: np.dstack((x, y)), ((2, 3, 1), (2, 3, 2))),
    Case("expand_dims", lambda x: F.expand_dims(x, -2), lambda x: x[:, None], ((2, 3),)),
    Case("flatten", F.flatten, np.ravel, ((2, 3),)),
    Case("flip", lambda x: F.flip(x, -1), lambda x: np.flip(x, -1), ((2, 3),)),
    Case("fliplr", F.fliplr, np.fliplr, ((2, 3, 2),)),
    Case("flipud", F.flipud, np.flipud, ((2, 3),)),
    Case("hstack", lambda x, y: F.hstack((x, y)), lambda x, y: np.hstack((x, y)), ((2, 3), (2, 1))),
    Case("hstack-1d", lambda x, y: F.hstack((x, y)), lambda x, y: np.hstack((x, y)), ((3,), (2,))),
    Case("hstack-0d", lambda x, y: F.hstack((x, y)), lambda x, y: np.hstack((x, y)), ((), ())),
    Case("im2col", lambda x: F.im2col(x, 2), lambda x: _windows(x, 2, 1, 0, 1), ((2, 3, 4, 5),)),
    Case("im2col-all", lambda x: F.im2col(x, 2, 2, 1, dilate=2), lambda x: _windows(x, 2, 2, 1, 2), ((2, 1, 5, 4),)),
    Case("moveaxis", lambda x: F.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1), ((2, 3, 4),)),
    Case(
        "moveaxis-two", lambda x: F.moveaxis(x, (0, 2), (1, 0)), lambda x: np.moveaxis(x, (0, 2), (1, 0)), ((2, 3, 4),)
    ),
    Case(
        "pad",
        lambda x: F.pad(x, (1, 2), "constant", constant_values=3),
        lambda x: np.pad(x, (1, 2), constant_values=3),
        ((2, 3),),
    ),
    Case(
        "pad-each", lambda x: F.pad(x, ((1, 0), (2, 1)), "constant"), lambda x: np.pad(x, ((1, 0), (2, 1))), ((2, 3),)
    ),
    *[
        Case(f"pad-{m}", lambda x, m=m: F.pad(x, 2, m), lambda x, m=m: np.pad(x, 2, m), ((3, 4),))
        for m in ("edge", "reflect", "symmetric", "wrap")
    ],
    Case("pad_sequence", lambda *xs: F.pad_sequence(xs, padding=9), _padded, ((2, 3), (3, 3), (0, 3))),
    Case("permutate", lambda x: F.permutate(x, PERMUTATION), lambda x: x[PERMUTATION], ((3, 2),)),
    Case(
        "permutate-inverse", lambda x: F.permutate(x, PERMUTATION, -1, inv=True), lambda x: x[:, [1, 2, 0]], ((2, 3),)
    ),
    Case("repeat", lambda x: F.repeat(x, 2), lambda x: np.repeat(x, 2), ((2, 3),)),
    Case("repeat-axis", lambda x: F.repeat(x, 3, axis=-1), lambda x: np.repeat(x, 3, axis=-1), ((2, 3, 2),)),
    Case("repeat-each", lambda x: F.repeat(x, (1, 0, 2), axis=1), lambda x: np.repeat(x, (1, 0, 2), axis=1), ((2, 3),)),
    Case("repeat-none", lambda x: F.repeat(x, 0, axis=0), lambda x: np.repeat(x, 0, axis=0), ((2, 3),)),
    Case("reshape", lambda x: F.reshape(x, (3, -1)), lambda x: x.reshape(3, 2), ((2, 3),)),
    Case("rollaxis", lambda x: F.rollaxis(x, 2), lambda x: np.rollaxis(x, 2), ((2, 3, 4),)),
    Case("rollaxis-start", lambda x: F.rollaxis(x, 0, -1), lambda x: np.rollaxis(x, 0, -1), ((2, 3, 4),)),
    Case("rollaxis-end", lambda x: F.rollaxis(x, 0, 3), lambda x: np.rollaxis(x, 0, 3), ((2, 3, 4),)),
    Case(
        "scatter_add",
        lambda a, b: F.scatter_add(a, [0, 0, 1], b),
        lambda a, b: _added(a, [0, 0, 1], b),
        ((3, 2), (3, 2)),
    ),
    Case(
        "scatter_add-broadcast",
        lambda a, b: F.scatter_add(a, (slice(None), [1, 1]), b),
        lambda a, b: _added(a, (slice(None), [1, 1]), b),
        ((3, 2), (2,)),
    ),
    Case(
        "scatter_add-slice",
        lambda a, b: F.scatter_add(a, slice(0, 2), b),
        lambda a, b: _added(a, slice(0, 2), b),
        ((3, 2), (2, 2)),
    ),
    Case("select_item", lambda x: F.select_item(x, np.array([2, 0])), lambda x: x[[0, 1], [2, 0]], ((2, 3),)),
    Case("separate", lambda x: F.separate(x, 1), lambda x: [x[:, i] for i in range(3)], ((2, 3),)),
    Case("separate-1d", F.separate, list, ((3,),)),
    Case("space2depth", lambda x: F.space2depth(x, 2), lambda x: _blocks(x, 2), ((2, 3, 4, 6),)),
    Case("split_axis", lambda x: F.split_axis(x, 3, 1), lambda x: np.split(x, 3, 1), ((2, 6),)),
    Case(
        "split_axis-indexes", lambda x: F.split_axis(x, [1, 1, 4], -1), lambda x: np.split(x, [1, 1, 4], -1), ((2, 6),)
    ),
    Case("split_axis-array", lambda x: F.split_axis(x, np.array([2]), 0), lambda x: np.split(x, [2]), ((3,),)),
    Case("squeeze", F.squeeze, np.squeeze, ((1, 2, 1, 3),)),
    Case("squeeze-axis", lambda x: F.squeeze(x, (0, -2)), lambda x: np.squeeze(x, (0, 2)), ((1, 2, 1, 1),)),
    Case("stack", lambda x, y: F.stack((x, y), -1), lambda x, y: np.stack((x, y), -1), ((2, 3), (2, 3))),
    Case("swapaxes", lambda x: F.swapaxes(x, 0, 2), lambda x: x.swapaxes(0, 2), ((2, 3, 4),)),
    Case("tile", lambda x: F.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), ((2, 3),)),
    Case("tile-fewer", lambda x: F.tile(x, 2), lambda x: np.tile(x, 2), ((2, 3),)),
    Case("transpose", F.transpose, np.transpose, ((2, 3, 4),)),
    Case("transpose-axes", lambda x: F.transpose(x, (-1, 0, 1)), lambda x: x.transpose(2, 0, 1), ((2, 3, 4),)),
    Case("transpose_sequence", lambda *xs: F.transpose_sequence(xs), _by_time, ((3, 2), (2, 2), (0, 2))),
    Case("vstack", lambda x, y: F.vstack((x, y)), lambda x, y: np.vstack((x, y)), ((2, 3), (1, 3))),
    Case("vstack-1d", lambda x, y: F.vstack((x, y)), lambda x, y: np.vstack((x, y)), ((3,), (3,))),
    Case("where", lambda x, y: F.where(MASK, x, y), lambda x, y: np.where(MASK, x, y), ((2, 3), (2, 3))),
    Case(
        "where-broadcast", lambda x, y: F.where(MASK[:1], x, y), lambda x, y: np.where(MASK[:1], x, y), ((3,), (2, 1))
    ),
]


def _as_blocks(x: Any) -> Any:
    return F.space2depth(x, 2)


each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def arrays(y: Any) -> list[np.ndarray]:
    return [v.array for v in y] if isinstance(y, tuple | list) else [y.array]


def expected(y: Any) -> list[np.ndarray]:
    return list(y) if isinstance(y, tuple | list) else [y]


@each
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_reference(case: Case, rng, dtype: str) -> None:
    xs = case.draw(rng, dtype)
    ys, references = arrays(case.function(*xs)), expected(case.reference(*xs))
    assert len(ys) == len(references)
    for y, reference in zip(ys, references):
        assert y.dtype == dtype
        np.testing.assert_array_equal(y, reference)


# as_strided looks at the memory itself.
@pytest.mark.parametrize("case", [c for c in CASES if "as_strided" not in c.name], ids=lambda case: case.name)
def test_takes_memory_in_any_order(case: Case, rng) -> None:
    xs = [np.asfortranarray(np.repeat(x, 2, axis=-1))[..., ::2] if x.ndim else x for x in case.draw(rng, "float32")]
    for y, reference in zip(arrays(case.function(*xs)), expected(case.reference(*xs))):
        np.testing.assert_array_equal(y, reference)


@each
def test_gradients(case: Case, rng) -> None:
    xs = tuple(case.draw(rng, "float64"))
    gys = tuple(rng.uniform(-1, 1, np.shape(y)) for y in expected(case.reference(*xs)))
    check_backward(case.function, xs, gys, atol=1e-6, rtol=1e-6)
    ggxs = tuple(rng.uniform(-1, 1, x.shape) for x in xs)
    check_double_backward(case.function, xs, gys, ggxs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.split_axis(x, [1, 2], 0),
        lambda x: F.separate(x),
        lambda x: F.transpose_sequence([x, x[:2]]),
        lambda x: F.broadcast(x, np.zeros((2, 3, 4))),
    ],
    ids=["split_axis", "separate", "transpose_sequence", "broadcast"],
)
def test_outputs_that_nobody_uses_have_no_gradient(function, rng) -> None:
    x = rng.uniform(-1, 1, (3, 4))
    first = function(x)[0].shape
    check_backward(lambda x: function(x)[0], x, rng.uniform(-1, 1, first), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.concat((x, x)),
        lambda x: F.stack((x, x)),
        lambda x: F.hstack((x, x)),
        lambda x: F.split_axis(x, 3, 1)[0],
        lambda x: F.flip(x, 0),
        lambda x: F.expand_dims(x, 0),
        lambda x: F.tile(x, 2),
        lambda x: F.repeat(x, 2, 0),
        lambda x: F.transpose(x),
        lambda x: F.reshape(x, (3, 0)),
        lambda x: x[:, 1:],
        lambda x: x[np.zeros(0, int)],
        lambda x: F.pad_sequence([x, x]),
        lambda x: F.where(np.zeros((0, 3), bool), x, x),
        lambda x: F.select_item(x, np.zeros(0, int)),
        lambda x: F.permutate(x, np.zeros(0, int)),
    ],
)
def test_takes_an_empty_batch(function) -> None:
    x = chainer.Variable(np.zeros((0, 3), np.float32))
    y = function(x)
    assert y.dtype == np.float32
    y.grad = np.ones_like(y.array)
    y.backward()
    assert x.grad.shape == (0, 3)


F32 = np.zeros((2, 3), np.float32)
F64 = np.zeros((2, 3), np.float64)
INT = np.zeros((2, 3), np.int32)

REFUSALS = [
    (lambda: F.as_strided(F32, (2, 3), (3,)), ValueError, "one entry an axis"),
    (lambda: F.as_strided(F32, (7,), (1,)), ValueError, "out of the memory of x"),
    (lambda: F.as_strided(F32, (2,), (-1,)), ValueError, "out of the memory of x"),
    (lambda: F.broadcast(), InvalidType, "in_types.size > 0"),
    (lambda: F.broadcast(F32, np.zeros(2, "f")), InvalidType, "cannot broadcast"),
    (lambda: F.broadcast_to(F32, (3,)), InvalidType, "x.ndim"),
    (lambda: F.broadcast_to(F32, (2, 4)), InvalidType, "x.shape"),
    (lambda: F.concat(()), InvalidType, "in_types.size > 0"),
    (lambda: F.concat((F32, F64)), InvalidType, "dtype"),
    (lambda: F.concat((F32, F32[:1])), InvalidType, "shape"),
    (lambda: F.concat((F32, F32), axis=2), InvalidType, "axis"),
    (lambda: F.concat((F32, F32), axis=-3), InvalidType, "ndim"),
    (lambda: F.concat((F32, F32), axis=1.0), TypeError, "axis must be int"),
    (lambda: F.depth2space(np.zeros((1, 3, 2, 2), "f"), 2), ValueError, "reshape"),
    (lambda: F.depth2space(INT, 2), InvalidType, "dtype"),
    (lambda: F.diagonal(F32, 0, 1, 1), ValueError, "axis"),
    (lambda: F.diagonal(F32, 0, 0, 2), InvalidType, "x.ndim > 2"),
    (lambda: F.diagonal(F32, 0, 0, -3), InvalidType, "-x.ndim <= -3"),
    (lambda: F.dstack((F32, F64)), InvalidType, "x0.dtype == x1.dtype"),
    (lambda: F.dstack((F32, F32[:1])), InvalidType, "shape"),
    (lambda: F.expand_dims(F32, 3), InvalidType, "x.ndim >= 3"),
    (lambda: F.flip(F32, 2), InvalidType, "x.ndim > 2"),
    (lambda: F.flip(F32, (0, 1)), TypeError, "axis must be int"),
    (lambda: F.fliplr(F32[0]), InvalidType, "a.ndim >= 2"),
    (lambda: F.flipud(INT), InvalidType, "a.dtype.kind == f"),
    (lambda: F.get_item(F32, 5), IndexError, "out of bounds"),
    (lambda: F.get_item(F32, (..., ...)), IndexError, "ellipsis"),
    (lambda: F.hstack((F32, F32[:1])), InvalidType, "x0.shape"),
    (lambda: F.hstack(()), InvalidType, "in_types.size > 0"),
    (lambda: F.im2col(F32, 2), InvalidType, "x.ndim == 4"),
    (lambda: F.im2col(np.zeros((1, 1, 2, 2), "f"), 3), ValueError, "does not fit"),
    (lambda: F.im2col(np.zeros((1, 1, 2, 2), "f"), (1, 2, 3)), ValueError, "ksize must be"),
    (lambda: F.moveaxis(F32, (0, 1), 0), ValueError, "same number"),
    (lambda: F.moveaxis(F32, 0, 2), InvalidType, "x.ndim > 2"),
    (lambda: F.moveaxis(F32, 0.5, 0), TypeError, "source must be"),
    (lambda: F.pad(INT, 1, "constant"), InvalidType, "x.dtype.kind == f"),
    (lambda: F.pad(F32, 1, "nonsense"), ValueError, "nonsense"),
    (lambda: F.pad_sequence(()), InvalidType, "in_types.size > 0"),
    (lambda: F.pad_sequence((F32,), length=1), InvalidType, r"x0.shape\[0\] <= 1"),
    (lambda: F.pad_sequence((F32, F64)), InvalidType, "x1.dtype == x0.dtype"),
    (lambda: F.pad_sequence((F32, F32[:, :2])), InvalidType, "x1.shape"),
    (lambda: F.permutate(F32, np.zeros(2, "f")), ValueError, "one-dimensional int"),
    (lambda: F.permutate(F32, np.array([0, 1]), axis=2), InvalidType, "x.ndim > 2"),
    (lambda: F.repeat(F32, [1, 2]), TypeError, "repeats must be"),
    (lambda: F.repeat(F32, -1), ValueError, "zero or larger"),
    (lambda: F.repeat(F32, 1, axis=True), TypeError, "axis must be"),
    (lambda: F.reshape(F32, (4,)), InvalidType, "prod"),
    (lambda: F.reshape(F32, (-1, 4)), InvalidType, "known_size"),
    (lambda: F.reshape(F32, (-1, -1)), ValueError, "one -1 at most"),
    (lambda: F.reshape(F32, (0, -1)), ValueError, "cannot infer"),
    (lambda: F.rollaxis(F32, 2), InvalidType, "x.ndim > 2"),
    (lambda: F.rollaxis(F32, 0, 3), InvalidType, "x.ndim >= 3"),
    (lambda: F.rollaxis(F32, 0.0), TypeError, "axis must be int"),
    (lambda: F.scatter_add(F32, 0, np.zeros(4, "f")), ValueError, "broadcast"),
    (lambda: F.scatter_add(F32, [0, 1, 0], np.zeros((2, 3), "f")), ValueError, "broadcast"),
    (lambda: F.scatter_add(F32, [2], np.zeros((1, 3), "f")), IndexError, "out of bounds"),
    (lambda: F.select_item(F32, np.array([0.0, 1.0])), InvalidType, "t.dtype.kind == i"),
    (lambda: F.select_item(F32, np.array([0])), InvalidType, r"x.shape\[0\] == t.shape\[0\]"),
    (lambda: F.select_item(F32, np.array(0)), InvalidType, "t.ndim == 1"),
    (lambda: F.select_item(F32, np.array([0, 3])), IndexError, "out of bounds"),
    (lambda: F.separate(F32, 2), InvalidType, "x.ndim"),
    (lambda: F.space2depth(np.zeros((1, 1, 3, 2), "f"), 2), ValueError, "reshape"),
    (lambda: F.split_axis(F32, 2, 1), InvalidType, "sections"),
    (lambda: F.split_axis(F32, [4], 1), InvalidType, "max_index"),
    (lambda: F.split_axis(F32, 0, 1), ValueError, "1 or more"),
    (lambda: F.split_axis(F32, 2.0, 1), TypeError, "1-D array of integers"),
    (lambda: F.split_axis(F32, np.zeros((1, 1), int), 1), TypeError, "1-D array of integers"),
    (lambda: F.split_axis(F32, 1, 2), InvalidType, "ndim"),
    (lambda: F.split_axis(F32, 1, "x"), TypeError, "axis must be int"),
    (lambda: F.squeeze(F32, 0), ValueError, "size not equal to one"),
    (lambda: F.squeeze(F32, 2), InvalidType, "x.ndim > 2"),
    (lambda: F.squeeze(F32, [0]), TypeError, "axis must be"),
    (lambda: F.stack(()), InvalidType, "in_types.size > 0"),
    (lambda: F.stack((F32, F64)), InvalidType, "dtype"),
    (lambda: F.stack((F32, F32), 3), InvalidType, "ndim >= 3"),
    (lambda: F.stack((F32, F32), 1.0), TypeError, "axis must be int"),
    (lambda: F.tile(F32, [2]), TypeError, "reps must be"),
    (lambda: F.tile(F32, -1), ValueError, "zero or larger"),
    (lambda: F.transpose(F32, (0, 1, 2)), InvalidType, "x.ndim == 3"),
    (lambda: F.transpose_sequence((F32[:1], F32)), InvalidType, "shape"),
    (lambda: F.transpose_sequence((F32, F64)), InvalidType, "dtype"),
    (lambda: F.vstack((F32, F32[:, :2])), InvalidType, r"x0.shape\[1\] == x1.shape\[1\]"),
    (lambda: F.where(INT, F32, F32), InvalidType, "condition.dtype"),
    (lambda: F.where([True], F32, F32), InvalidType, "condition"),
    (lambda: F.where(MASK, F32, F64), InvalidType, "x.dtype == y.dtype"),
    (lambda: F.where(MASK, F32, F32[:, :2]), InvalidType, "cannot broadcast"),
]


@pytest.mark.parametrize(("call", "error", "match"), REFUSALS)
def test_refuses(call, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


INVERSES = [
    ((2, 6), lambda x: F.concat(F.split_axis(x, [1, 4], 1))),
    ((3, 2), lambda x: F.stack(F.separate(x, 1), 1)),
    ((3, 2), lambda x: F.permutate(F.permutate(x, PERMUTATION), PERMUTATION, inv=True)),
    ((2, 3), lambda x: F.flip(F.flip(x, 1), 1)),
    ((2, 3), lambda x: F.fliplr(F.fliplr(x))),
    ((2, 3), lambda x: F.flipud(F.flipud(x))),
    ((2, 3, 4), lambda x: F.moveaxis(F.moveaxis(x, 0, 2), 2, 0)),
    ((2, 3, 4), lambda x: F.rollaxis(F.rollaxis(x, 2), 0, 3)),
    ((2, 8, 3, 3), lambda x: F.space2depth(F.depth2space(x, 2), 2)),
    ((2, 3), lambda x: F.squeeze(F.expand_dims(x, 1), 1)),
    ((2, 3), lambda x: F.stack(F.transpose_sequence(F.transpose_sequence(list(F.separate(x)))))),
]


@pytest.mark.parametrize(("shape", "there_and_back"), INVERSES)
def test_there_and_back(shape: tuple[int, ...], there_and_back, rng) -> None:
    x = rng.uniform(-1, 1, shape).astype("float32")
    np.testing.assert_array_equal(there_and_back(x).array, x)


def test_cast_flows_back_in_the_dtype_of_the_input(rng) -> None:
    x = chainer.Variable(rng.uniform(-1, 1, 3).astype("float64"))
    y = F.cast(x, np.float16)
    assert y.dtype == np.float16
    y.grad = np.ones(3, np.float16)
    y.backward()
    assert x.grad.dtype == np.float64
    assert F.cast(x, "float64") is x
    assert F.cast(x, chainer.mixed16).dtype == np.float16
    check_double_backward(lambda x: F.cast(x, "f"), rng.uniform(-1, 1, 3), np.ones(3, "f"), np.ones(3), atol=1e-3)


def test_of_one_part_force_tuple_decides() -> None:
    assert isinstance(F.split_axis(F32, 1, 0), tuple)
    assert F.split_axis(F32, 1, 0, force_tuple=False).shape == (2, 3)


def test_split_axis_tells_how_it_splits() -> None:
    x = chainer.Variable(F32)
    assert F.split_axis(x, 3, 1)[0].creator.indices_or_sections == 3
    assert F.split_axis(x, (1, 2), 1)[0].creator.indices_or_sections == [1, 2]


def test_pieces_are_views() -> None:
    for y in (F.split_axis(F32, 3, 1)[1], F.separate(F32)[1], F.flip(F32, 0), F32.T, F.copy(F32, "@numpy")):
        assert np.shares_memory(getattr(y, "array", y), F32)


def test_lists_and_other_kinds_of_numbers_will_do() -> None:
    np.testing.assert_array_equal(F.permutate(np.arange(3.0), [2, 0, 1]).array, [2, 0, 1])
    np.testing.assert_array_equal(F.where(False, np.zeros(2), np.ones(2)).array, 1)
    assert F.transpose_sequence([]) == ()
    assert F.split_axis(F32, 3, np.int64(1))[0].shape == (2, 1)
    assert F.stack((F32, F32), np.int32(2)).shape == (2, 3, 2)
    assert F.expand_dims(F32, np.int64(1)).shape == (2, 1, 3)


def test_nothing_to_do_gives_the_variable_itself() -> None:
    x = chainer.Variable(F32)
    assert F.reshape(x, (2, 3)) is x
    assert F.broadcast_to(x, (2, 3)) is x
    assert F.broadcast(x) is x


@pytest.mark.parametrize(
    ("t", "match"), [([0, 3], "0 <= t < x.shape"), ([-1, 0], "0 <= t < x.shape")], ids=["above", "below"]
)
def test_debug_mode_checks_items(t: list[int], match: str) -> None:
    with chainer.using_config("debug", True), pytest.raises(ValueError, match=match):
        F.select_item(F32, np.array(t))


@pytest.mark.parametrize(("indices", "match"), [([0, 0, 1], "0 comes twice"), ([0, 1, 3], "3 is out of bounds")])
def test_debug_mode_checks_permutations(indices: list[int], match: str) -> None:
    with chainer.using_config("debug", True), pytest.raises(ValueError, match=match):
        F.permutate(np.zeros(3, "f"), np.array(indices))


def test_im2col_covers_all(rng) -> None:
    x = rng.uniform(-1, 1, (1, 1, 4, 4)).astype("float32")
    assert F.im2col(x, 3, 2).shape == (1, 9, 1, 1)
    y = F.im2col(x, 3, 2, cover_all=True)
    assert y.shape == (1, 9, 2, 2)
    np.testing.assert_array_equal(
        y.array[0, :, 1, 1], np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)))[0, 0, 2:, 2:].ravel()
    )


def test_padding_that_is_computed_counts_as_constant(rng) -> None:
    x = chainer.Variable(rng.uniform(-1, 1, (2, 3)))
    y = F.pad(x, 1, "mean")
    y.grad = rng.uniform(-1, 1, y.shape)
    y.backward()
    np.testing.assert_array_equal(x.grad, y.grad[1:-1, 1:-1])


def test_as_strided_looks_at_the_whole_memory(rng) -> None:
    memory = rng.uniform(-1, 1, (3, 4)).astype("float32")
    part = memory[1:, ::2]
    np.testing.assert_array_equal(F.as_strided(part, (2, 2), (4, 1)).array, memory[1:, :2])
    np.testing.assert_array_equal(F.as_strided(part, (12,), (1,), 0).array, memory.ravel())


def test_as_strided_shares_out_the_gradient_of_broadcast_elements() -> None:
    x = chainer.Variable(np.broadcast_to(np.float32(1), (4,)))
    y = F.as_strided(x, (1,), (1,), 0)
    y.grad = np.ones(1, np.float32)
    y.backward()
    np.testing.assert_array_equal(x.grad, np.full(4, 0.25, np.float32))
