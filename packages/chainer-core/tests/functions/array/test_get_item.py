"""Tests of indexing."""

from __future__ import annotations

from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward, check_double_backward
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices, integer_array_indices

SHAPE = (3, 4, 2)
INDEXES: list[Any] = [
    1,
    -1,
    np.int64(1),
    slice(None, None, -1),
    slice(0, 0),
    ...,
    None,
    (),
    (0, ..., 1),
    (None, 0, None),
    (slice(1, None), slice(None, None, 2)),
    True,
    [0, 2],
    [True, False, True],
    [],
    [[0, 2], [1, 1]],
    [0, slice(None)],
    (0, (1, 0)),
    np.array(1),
    np.array([0, 0, 1]),
    np.array([[0, -1], [2, 2]]),
    np.array([0, 1], np.uint8),
    np.array([True, False, True]),
    np.arange(12).reshape(3, 4) % 5 == 0,
    (np.array([0, 1]), np.array([1, 1])),
    (slice(None), np.array([1, 1])),
    (np.array([0, 1]), slice(None), np.array([0, 1])),
    (None, np.array([0, 1]), None),
    (np.array([True, False, True]), 0),
    (np.array([True, False, True]), np.array([0, 1])),
]


def _plain(index: Any) -> Any:
    """What the published rule makes of a list: an array if it holds numbers, else a tuple."""
    if isinstance(index, list) and not all(isinstance(i, int) for i in index):
        return tuple(index)
    return index


@pytest.mark.parametrize("index", INDEXES, ids=str)
def test_matches_numpy_with_gradients(index: Any, rng) -> None:
    x = rng.uniform(-1, 1, SHAPE)
    y = F.get_item(x, index).array
    np.testing.assert_array_equal(y, x[_plain(index)])
    gy, ggx = rng.uniform(-1, 1, y.shape), rng.uniform(-1, 1, SHAPE)
    check_backward(lambda x: x[index], x, gy, atol=1e-6, rtol=1e-6)
    check_double_backward(lambda x: x[index], x, gy, ggx, atol=1e-6, rtol=1e-6)


@given(st.data())
def test_the_gradient_is_the_transpose(data: Any) -> None:
    index = data.draw(st.one_of(basic_indices(SHAPE), integer_array_indices(SHAPE)))
    x = np.arange(24, dtype=np.float64).reshape(SHAPE)
    v = chainer.Variable(np.zeros(SHAPE))
    y = v[index]
    y.grad = np.arange(1, y.size + 1, dtype=np.float64).reshape(y.shape)
    if y.size == 0:
        return
    y.backward()
    assert np.vdot(x[index], y.grad) == np.vdot(x, v.grad)


def test_a_variable_is_an_index_too() -> None:
    x = chainer.Variable(np.arange(4, dtype=np.float32))
    np.testing.assert_array_equal(x[chainer.Variable(np.array([2, 0]))].array, [2, 0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "bool"])
def test_keeps_the_dtype(dtype: str) -> None:
    assert F.get_item(np.ones(SHAPE, dtype), np.array([0, 0])).dtype == dtype


def test_slices_are_views() -> None:
    x = np.zeros(SHAPE, np.float32)
    assert np.shares_memory(F.get_item(x, (0, slice(1, 3))).array, x)
