"""Measures of how good predictions are."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.evaluation.classification_summary import fbeta_score
from chainer.utils.type_check import InvalidType

DTYPES = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


@DTYPES
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5)])
@pytest.mark.parametrize("ignore_label", [None, -1, 0])
def test_accuracy(dtype, shape, ignore_label, rng):
    y = rng.normal(size=shape).astype(dtype)
    t = rng.integers(-1, 3, shape[:1] + shape[2:]).astype("int32")
    accuracy = F.accuracy(y, t, ignore_label)
    counts = [(y[(i[0], slice(None), *i[1:])].argmax() == t[i]) for i in np.ndindex(t.shape) if t[i] != ignore_label]
    assert accuracy.dtype == dtype
    assert accuracy.shape == ()
    np.testing.assert_allclose(accuracy.array, np.mean(counts), rtol=1e-3 if dtype == "float16" else 1e-6)


def test_accuracy_takes_trailing_axes_of_length_one():
    assert F.accuracy(np.eye(3).reshape(3, 3, 1, 1), np.array([0, 1, 1])).array == 2 / 3


def test_accuracy_of_nothing():
    y, t = np.zeros((2, 3), "float32"), np.array([1, 1])
    assert F.accuracy(y, t, ignore_label=1).array == 0
    assert np.isnan(F.accuracy(y[:0], t[:0]).array)


@DTYPES
def test_binary_accuracy(dtype):
    y = np.array([[-1, 2, 0], [3, -2, -1]], dtype)
    t = np.array([[0, 1, 1], [0, 1, -1]], "int32")
    accuracy = F.binary_accuracy(y, t)
    assert accuracy.dtype == dtype
    np.testing.assert_allclose(accuracy.array, 3 / 5, rtol=1e-3)
    assert F.binary_accuracy(y, np.full_like(t, -1)).array == 0
    assert F.binary_accuracy(y[:0], t[:0]).array == 0


@pytest.mark.parametrize("shape", [(400, 4), (90, 4, 5)])
@pytest.mark.parametrize("beta", [1.0, 2.0])
@pytest.mark.parametrize("ignore_label", [-1, 0, None])
def test_classification_summary(shape, beta, ignore_label, rng):
    y = rng.normal(size=shape)
    t = rng.integers(-1, 4, shape[:1] + shape[2:])
    precision, recall, fbeta, support = F.classification_summary(y, t, 4, beta, ignore_label)
    chosen = y.argmax(axis=1)
    valid = np.ones(t.shape, bool) if ignore_label is None else t != ignore_label
    for k in range(4):
        if k == ignore_label:
            assert np.isnan([recall.array[k], fbeta.array[k]]).all()
            assert support.array[k] == 0
            continue
        tp = (valid & (chosen == k) & (t == k)).sum()
        p, r = tp / (valid & (chosen == k)).sum(), tp / (valid & (t == k)).sum()
        f = (1 + beta**2) * p * r / (beta**2 * p + r)
        np.testing.assert_allclose([precision.array[k], recall.array[k], fbeta.array[k]], [p, r, f])
        assert support.array[k] == (t == k).sum()


def test_parts_of_the_summary(rng):
    y, t = rng.normal(size=(50, 3)).astype("float32"), rng.integers(0, 3, 50)
    p, r, f1, support = [v.array for v in F.classification_summary(y, t)]
    _, _, f2, _ = F.classification_summary(y, t, beta=2.0)
    for part, expected in (
        (F.precision(y, t), p),
        (F.recall(y, t), r),
        (F.f1_score(y, t), f1),
        (fbeta_score(y, t, beta=2.0), f2.array),
    ):
        np.testing.assert_array_equal(part[0].array, expected)
        np.testing.assert_array_equal(part[1].array, support)
        assert part[0].dtype == "float64"


def test_summary_has_a_row_for_each_label():
    y, t = np.eye(2), np.array([1, 0])
    assert [v.shape for v in F.classification_summary(y, t)] == [(2,)] * 4
    assert [v.shape for v in F.classification_summary(y, t, 5)] == [(5,)] * 4
    assert [v.shape for v in F.classification_summary(y, t, 1)] == [(1,)] * 4


@DTYPES
def test_r2_score(dtype, rng):
    pred, true = rng.normal(size=(2, 10, 3)).astype(dtype)
    expected = 1 - ((true - pred) ** 2.0).sum(0) / ((true - true.mean(0)) ** 2.0).sum(0)
    raw, mean = F.r2_score(pred, true, multioutput="raw_values"), F.r2_score(pred, true)
    assert raw.dtype == mean.dtype == dtype
    np.testing.assert_allclose(raw.array, expected, rtol=1e-2 if dtype == "float16" else 1e-5)
    np.testing.assert_allclose(mean.array, expected.mean(), rtol=1e-2 if dtype == "float16" else 1e-5)


def test_r2_score_at_its_ends(rng):
    true = rng.normal(size=(10, 3))
    assert F.r2_score(true, true).array == 1
    np.testing.assert_allclose(F.r2_score(true * 0 + true.mean(0), true).array, 0, atol=1e-12)
    assert F.r2_score(true, np.ones_like(true)).array == 0


@pytest.mark.parametrize("function", [F.accuracy, F.binary_accuracy])
def test_no_gradient_flows(function):
    y = chainer.Variable(np.ones((2, 2)))
    t = np.zeros((2, 2) if function is F.binary_accuracy else 2, "int32")
    (function(y, t) + F.sum(y)).backward()
    np.testing.assert_array_equal(y.grad, np.ones((2, 2)))


Y, T = np.zeros((3, 2), "float32"), np.zeros(3, "int32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.accuracy(Y, T[:2]), InvalidType, "t.shape"),
        (lambda: F.accuracy(Y, Y[:, 0]), InvalidType, "t.dtype.kind == i"),
        (lambda: F.accuracy(T, T), InvalidType, "x.dtype.kind == f"),
        (lambda: F.accuracy(np.zeros((3, 2, 2)), T), InvalidType, "== 1"),
        (lambda: F.binary_accuracy(Y, T), InvalidType, "t.shape == x.shape"),
        (lambda: F.classification_summary(Y, T[:2]), InvalidType, "t.shape"),
        (lambda: F.classification_summary(Y, Y[:, 0]), InvalidType, "t.dtype.kind == i"),
        (lambda: F.r2_score(Y, Y[:2]), InvalidType, "pred.shape == true.shape"),
        (lambda: F.r2_score(Y, Y, multioutput="variance_weighted"), ValueError, "invalid multioutput"),
        (lambda: F.r2_score(Y, Y, sample_weight=np.ones(3)), NotImplementedError, "sample_weight"),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
