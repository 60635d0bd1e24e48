"""Softmax cross entropy in all its options."""

from __future__ import annotations

import itertools
import weakref

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.backends import kernels
from chainer.backends.cuda import to_cpu
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

SHAPES = [(4, 3), (2, 3, 2, 2), (2, 1)]
TOLERANCE = {"float16": 5e-3, "float32": 1e-5, "float64": 1e-12}


def draw(rng, shape, dtype="float64", ignore_label=-1):
    x = rng.normal(size=shape).astype(dtype)
    t = rng.integers(0, shape[1], shape[:1] + shape[2:]).astype("int32")
    t.flat[1] = ignore_label
    return x, t


def reference(x, t, weight=None, ignore_label=-1, normalize=True, reduce="mean"):
    """Element by element, as the formula has it."""
    log_p = scipy.special.log_softmax(x.astype("float64"), axis=1)
    loss = np.zeros(t.shape)
    for index in np.ndindex(t.shape):
        if t[index] != ignore_label:
            factor = 1 if weight is None else weight[t[index]]
            loss[index] = -factor * log_p[(index[0], t[index], *index[1:])]
    if reduce == "no":
        return loss
    return loss.sum() / (max(np.count_nonzero(t != ignore_label), 1) if normalize else len(t))


OPTIONS = pytest.mark.parametrize(
    ("shape", "normalize", "cache_score", "weighted", "ignore_label", "reduce", "twice"),
    list(
        itertools.product(
            SHAPES, (True, False), (True, False), (True, False), (-1, 0, 255), ("mean", "no"), (True, False)
        )
    ),
)


@OPTIONS
def test_labels(xp, shape, normalize, cache_score, weighted, ignore_label, reduce, twice, rng):
    x, t = draw(rng, shape, "float64", ignore_label)
    weight = rng.uniform(0.5, 2, shape[1]) if weighted else None
    expected = reference(x, t, weight, ignore_label, normalize, reduce)
    x, t = xp.asarray(x), xp.asarray(t)

    def f(x):
        return F.softmax_cross_entropy(x, t, normalize, cache_score, weight, ignore_label, reduce, twice)

    loss = f(x)
    np.testing.assert_allclose(to_cpu(loss.array), expected, rtol=1e-12)
    gy = xp.asarray(rng.normal(size=loss.shape))
    check_backward(f, x, gy, atol=1e-5, rtol=1e-4)
    if twice:
        check_double_backward(f, x, gy, xp.asarray(rng.normal(size=shape)), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("reduce", ["mean", "no"])
@pytest.mark.parametrize("kind", ["cross-entropy", "kl-divergence"])
def test_distributions(shape, weighted, reduce, kind, rng):
    x = rng.normal(size=shape)
    t = rng.uniform(0, 1, shape)  # they need not sum to one
    weight = rng.uniform(0.5, 2, shape[1]) if weighted else np.ones(shape[1])
    wide = weight.reshape(-1, *(1,) * (len(shape) - 2))

    def f(x, twice=False):
        return F.softmax_cross_entropy(x, t, True, True, weight, -1, reduce, twice, kind)

    expected = -(t * wide * scipy.special.log_softmax(x, axis=1)).sum(axis=1)
    if kind == "kl-divergence":
        expected += (t * np.log(t + 1e-7)).sum(axis=1)
    loss = f(x)
    np.testing.assert_allclose(loss.array, expected.mean() if reduce == "mean" else expected, rtol=1e-10)
    gy, ggx = rng.normal(size=loss.shape), rng.normal(size=shape)
    check_backward(f, x, gy, atol=1e-5, rtol=1e-4)
    check_double_backward(lambda x: f(x, True), x, gy, ggx, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("label_dtype", ["int8", "int32", "int64", "float32"])
@pytest.mark.parametrize("options", [{}, {"class_weight": np.array([1.0, 2.0, 3.0])}, {"enable_double_backprop": True}])
def test_keeps_dtype(dtype, label_dtype, options, rng):
    x, t = draw(rng, (4, 3), dtype)
    variable = chainer.Variable(x)
    target = t.astype(label_dtype) if label_dtype != "float32" else np.eye(3, dtype="float32")[t]
    loss = F.softmax_cross_entropy(variable, target, **options)
    loss.backward()
    assert loss.dtype == variable.grad.dtype == dtype
    if label_dtype != "float32":
        expected = reference(x, t, options.get("class_weight"))
        np.testing.assert_allclose(loss.array, expected, rtol=TOLERANCE[dtype])


def test_one_hot_distributions_are_labels(rng):
    x, t = draw(rng, (5, 4))
    t = abs(t)
    for reduce in ("mean", "no"):
        soft = F.softmax_cross_entropy(x, np.eye(4)[t], reduce=reduce)
        np.testing.assert_allclose(soft.array, F.softmax_cross_entropy(x, t, reduce=reduce).array)


def test_layout_does_not_matter(rng):
    x, t = draw(rng, (2, 3, 4, 2))
    grads = []
    for array in (x, np.asfortranarray(x), x[:, ::-1][:, ::-1]):
        v = chainer.Variable(array)
        F.softmax_cross_entropy(v, t).backward()
        grads.append(v.grad)
    np.testing.assert_allclose(grads[1], grads[0])
    np.testing.assert_allclose(grads[2], grads[0])


def test_scores_may_be_huge():
    x = chainer.Variable(np.float32([[1e30, 0], [1e30, 0]]))
    loss = F.softmax_cross_entropy(x, np.array([0, 1]), reduce="no")
    loss.grad = np.ones(2, "float32")
    loss.backward()
    np.testing.assert_array_equal(loss.array, np.float32([0, 1e30]))
    np.testing.assert_array_equal(x.grad, [[0, 0], [1, -1]])


def test_mean_of_float16_does_not_overflow():
    x = np.zeros((100_000, 10), "float16")
    np.testing.assert_allclose(F.softmax_cross_entropy(x, np.zeros(100_000, "int32")).array, np.log(10), rtol=1e-3)


@pytest.mark.parametrize("twice", [True, False])
def test_nothing_to_learn_from(twice):
    for x, t in ((np.ones((2, 3)), np.array([-1, -1])), (np.ones((0, 3)), np.zeros(0, "int32"))):
        v = chainer.Variable(x)
        loss = F.softmax_cross_entropy(v, t, enable_double_backprop=twice)
        loss.backward()
        assert loss.array == 0
        np.testing.assert_array_equal(v.grad, np.zeros_like(x))


def test_caches_the_softmax(rng):
    x, t = draw(rng, (4, 3))
    v = chainer.Variable(x)
    np.testing.assert_allclose(F.softmax_cross_entropy(v, t).creator.y, scipy.special.softmax(x, 1))
    assert F.softmax_cross_entropy(v, t, cache_score=False).creator.y is None


def test_does_not_keep_scores_beside_their_softmax(rng):
    x, t = draw(rng, (4, 3))
    for options, is_kept in (({}, False), ({"cache_score": False}, True), ({"enable_double_backprop": True}, True)):
        scores = chainer.Variable(x) * 1
        array = weakref.ref(scores.array)
        loss = F.softmax_cross_entropy(scores, t, **options)
        del scores
        assert (array() is not None) == is_kept
        loss.backward()


def test_labels_may_be_a_variable(rng):
    x, t = draw(rng, (4, 3))
    v, label = chainer.Variable(x), chainer.Variable(t)
    F.softmax_cross_entropy(v, label).backward()
    assert label.grad is None
    F.softmax_cross_entropy(x, label).backward()
    assert label.grad is None


def test_backward_may_run_twice(rng):
    x, t = draw(rng, (4, 3))
    v = chainer.Variable(x)
    loss = F.softmax_cross_entropy(v, t)
    loss.backward()
    once = v.grad.copy()
    loss.backward()
    np.testing.assert_allclose(v.grad, 2 * once)


def test_asks_for_kernels(rng, monkeypatch):
    x, t = draw(rng, (4, 3))
    asked = []

    def forward(x, t, ignore_label):
        asked.append(ignore_label)
        return reference(x, t, reduce="no"), scipy.special.softmax(x, 1)

    def backward(y, t, scale, ignore_label):
        asked.append(float(scale))
        return np.full_like(y, 7)

    monkeypatch.setitem(kernels._table, ("softmax_cross_entropy", np.ndarray), forward)
    monkeypatch.setitem(kernels._table, ("softmax_cross_entropy_backward", np.ndarray), backward)
    v = chainer.Variable(x)
    loss = F.softmax_cross_entropy(v, t)
    loss.backward()
    np.testing.assert_allclose(loss.array, reference(x, t))
    np.testing.assert_array_equal(v.grad, np.full((4, 3), 7))
    assert asked == [-1, pytest.approx(1 / 3)]


def test_refuses_to_differentiate_twice_unless_asked(rng):
    x, t = draw(rng, (4, 3))
    v = chainer.Variable(x)
    loss = F.softmax_cross_entropy(v, t)
    (gx,) = chainer.grad([loss], [v], enable_double_backprop=True)
    v = loss = None  # the refusal does not hang on what the caller holds
    with pytest.raises(RuntimeError, match="enable_double_backprop=True"):
        F.sum(gx * gx).backward()


X, T = np.zeros((3, 4), "float32"), np.array([0, 1, 2], "int32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.softmax_cross_entropy(X, T, reduce="sum"), ValueError, "'mean' and 'no'"),
        (lambda: F.softmax_cross_entropy(X, T, soft_target_loss="l2"), ValueError, "'kl-divergence'"),
        (lambda: F.softmax_cross_entropy(X, T, class_weight=[1, 1, 1, 1]), ValueError, "not a list"),
        (lambda: F.softmax_cross_entropy(X, T, class_weight=chainer.Variable(X[0])), ValueError, "not a Variable"),
        (lambda: F.softmax_cross_entropy(X, T, class_weight=X), ValueError, "ndim should be 1"),
        (lambda: F.softmax_cross_entropy(X, T, class_weight=np.ones(4, "i")), ValueError, "dtype a float"),
        (lambda: F.softmax_cross_entropy(X, T, class_weight=np.ones(3)), ValueError, "one entry a class"),
        (lambda: F.softmax_cross_entropy(X, T[:2]), InvalidType, "t.shape"),
        (lambda: F.softmax_cross_entropy(X, T.astype("uint8")), InvalidType, "t.dtype.kind == i"),
        (lambda: F.softmax_cross_entropy(X, X[:, :2]), InvalidType, "t.shape == x.shape"),
        (lambda: F.softmax_cross_entropy(X.astype("i"), T), InvalidType, "x.dtype.kind == f"),
        (lambda: F.softmax_cross_entropy(X[0], T[0:1]), InvalidType, "x.ndim >= 2"),
        (lambda: F.softmax_cross_entropy(X, T + 2), IndexError, "out of bounds"),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("label", [4, -2])
def test_debug_mode_names_bad_labels(label):
    with (
        chainer.using_config("debug", True),
        pytest.raises(ValueError, match=r"0 <= t < x.shape\[1\] or t == -1.*is 4.*labels go from"),
    ):
        F.softmax_cross_entropy(X, np.array([0, 1, label]))


def test_kernels_may_be_turned_off_between_forward_and_backward(rng):
    x, t = draw(rng, (4, 3))
    v, w = chainer.Variable(x), chainer.Variable(x)
    loss = F.softmax_cross_entropy(v, t)
    with chainer.using_config("use_ideep", "never"):
        loss.backward()
        F.softmax_cross_entropy(w, t).backward()
    np.testing.assert_allclose(v.grad, w.grad, rtol=1e-4)
