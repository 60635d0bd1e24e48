"""Losses of sequences, against sums over all of them: connectionist temporal classification and random fields."""

from __future__ import annotations

import itertools

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.backends import kernels
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-10}
DTYPES = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])

# Connectionist temporal classification


def collapsed(path, blank):
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def ctc_by_enumeration(x, label, blank):
    """Negative logarithm of the probability of all paths over ``x`` of shape ``(T, V)`` that collapse to the label."""
    log_p = scipy.special.log_softmax(x.astype("float64"), axis=1)
    scores = [
        log_p[np.arange(len(x)), list(path)].sum()
        for path in itertools.product(range(x.shape[1]), repeat=len(x))
        if collapsed(path, blank) == list(label)
    ]
    return -scipy.special.logsumexp(scores) if scores else 1e10


INPUT_LENGTH, LABEL_LENGTH = np.array([5, 4, 3], "int32"), np.array([2, 2, 0], "int32")


def ctc_batch(rng, blank, dtype="float64"):
    x = (2 * rng.normal(size=(5, 3, 3))).astype(dtype)
    letters = [symbol for symbol in range(3) if symbol != blank]
    t = np.array([[0, 1], [1, 1], [0, 1]])
    return list(x), np.array(letters, "int32")[t]


@DTYPES
@pytest.mark.parametrize("blank", [0, 1, 2])
@pytest.mark.parametrize("ragged", [True, False])
def test_ctc_sums_over_all_paths(dtype, blank, ragged, rng):
    xs, t = ctc_batch(rng, blank, dtype)
    lengths = (INPUT_LENGTH, LABEL_LENGTH) if ragged else ([5, 5, 5], [2, 2, 2])
    expected = [
        ctc_by_enumeration(np.array([x[i] for x in xs[:n_step]]), t[i, :n_label], blank)
        for i, (n_step, n_label) in enumerate(zip(*lengths, strict=True))
    ]
    options = lengths if ragged else ()
    loss = F.connectionist_temporal_classification(xs, t, blank, *options, reduce="no")
    mean = F.connectionist_temporal_classification(tuple(xs), t, blank, *options)
    assert loss.dtype == mean.dtype == dtype
    np.testing.assert_allclose(loss.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    np.testing.assert_allclose(mean.array, np.mean(expected), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("reduce", ["mean", "no"])
@pytest.mark.parametrize("lengths", [(), (INPUT_LENGTH, LABEL_LENGTH)])
def test_ctc_gradients(reduce, lengths, rng):
    xs, t = ctc_batch(rng, 1)

    def f(*xs):
        return F.connectionist_temporal_classification(xs, t, 1, *lengths, reduce=reduce)

    check_backward(f, tuple(xs), rng.normal(size=f(*xs).shape), atol=1e-5)


def test_ctc_ignores_what_is_past_the_end(rng):
    xs, t = ctc_batch(rng, 0)
    variables = [chainer.Variable(x) for x in xs]
    padded = t.copy()
    padded[2] = -1
    loss = F.connectionist_temporal_classification(variables, padded, 0, INPUT_LENGTH, LABEL_LENGTH, reduce="no")
    loss.grad = np.ones(3)
    loss.backward()
    np.testing.assert_array_equal(
        loss.array,
        F.connectionist_temporal_classification(xs, t, 0, INPUT_LENGTH, LABEL_LENGTH, reduce="no").array,
    )
    np.testing.assert_array_equal(variables[4].grad[1:], 0)
    np.testing.assert_array_equal(variables[3].grad[2], 0)
    assert (variables[3].grad[1] != 0).any()


def test_ctc_of_labels_that_do_not_fit(rng):
    xs, t = ctc_batch(rng, 0)
    variables = [chainer.Variable(x) for x in xs[:2]]  # [1, 1] needs a blank in between: three steps
    loss = F.connectionist_temporal_classification(variables, t, 0, reduce="no")
    loss.grad = np.ones(3)
    loss.backward()
    assert loss.array[1] == 1e10
    np.testing.assert_array_equal([x.grad[1] for x in variables], np.zeros((2, 3)))
    assert (variables[0].grad[0] != 0).any()


def test_ctc_of_a_long_sequence_is_exact():
    n_step = 3000  # the probability underflows, its logarithm does not
    xs = [np.log(np.float32([[0.2, 0.8]]))] * n_step
    loss = F.connectionist_temporal_classification(xs, np.array([[1] * 1]), 0, reduce="no").array
    log_p = np.log([0.2, 0.8])
    ways = np.arange(1, n_step + 1)  # a run of the label of each length, at as many places as it fits
    expected = -scipy.special.logsumexp(np.log(n_step - ways + 1) + ways * log_p[1] + (n_step - ways) * log_p[0])
    np.testing.assert_allclose(loss, expected, rtol=1e-3)


def test_ctc_gradient_sums_to_zero(rng):
    xs, t = ctc_batch(rng, 2)
    variables = [chainer.Variable(x) for x in xs]
    F.connectionist_temporal_classification(variables, t, 2).backward()
    np.testing.assert_allclose([x.grad.sum(axis=1) for x in variables], np.zeros((5, 3)), atol=1e-14)


def test_ctc_asks_for_the_kernel(rng, monkeypatch):
    xs, t = ctc_batch(rng, 0, "float32")

    def ctc(x, t, input_length, label_length, blank_symbol):
        assert (x.shape, blank_symbol) == ((5, 3, 3), 0)
        np.testing.assert_array_equal(input_length, [5, 5, 5])
        np.testing.assert_array_equal(label_length, [2, 2, 2])
        return np.float32([1, 2, 6]), np.ones_like(x)

    monkeypatch.setitem(kernels._table, ("ctc", np.ndarray), ctc)
    variables = [chainer.Variable(x) for x in xs]
    loss = F.connectionist_temporal_classification(variables, t, 0)
    loss.backward()
    assert loss.array == 3
    np.testing.assert_allclose(variables[0].grad, np.full((3, 3), 1 / 3), rtol=1e-6)


def test_ctc_refuses_to_be_differentiated_twice(rng):
    xs, t = ctc_batch(rng, 0)
    x = chainer.Variable(xs[0])
    loss = F.connectionist_temporal_classification([x, *xs[1:]], t, 0)
    (gx,) = chainer.grad([loss], [x], enable_double_backprop=True)
    with pytest.raises(RuntimeError, match="twice-differentiate"):
        chainer.grad([F.sum(gx * gx)], [x])


# Conditional random fields

LENGTHS = (4, 4, 2, 1)


def crf_batch(rng, dtype="float64"):
    """Four sequences of lengths 4, 3, 2, 2, step by step."""
    cost = rng.normal(size=(3, 3)).astype(dtype)
    xs = [rng.normal(size=(n, 3)).astype(dtype) for n in LENGTHS]
    return cost, xs, [rng.integers(0, 3, n).astype("int32") for n in LENGTHS]


def all_scores(cost, xs, row):
    """Score of every sequence of labels for one row of the batch."""
    rows = [x[row].astype("float64") for x in xs if len(x) > row]
    return {
        path: sum(x[y] for x, y in zip(rows, path, strict=True)) + sum(cost[a, b] for a, b in itertools.pairwise(path))
        for path in itertools.product(range(3), repeat=len(rows))
    }


@DTYPES
@pytest.mark.parametrize("n_step", [1, 2, 4])
def test_crf_sums_over_all_paths(dtype, n_step, rng):
    cost, xs, ys = crf_batch(rng, dtype)
    xs, ys = xs[:n_step], ys[:n_step]
    expected = []
    for row in range(4):
        scores = all_scores(cost, xs, row)
        labels = tuple(int(y[row]) for y in ys if len(y) > row)
        expected.append(scipy.special.logsumexp(list(scores.values())) - scores[labels])
    loss, mean = F.crf1d(cost, xs, ys, reduce="no"), F.crf1d(cost, xs, ys)
    assert loss.dtype == mean.dtype == dtype
    np.testing.assert_allclose(loss.array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    np.testing.assert_allclose(mean.array, np.mean(expected), rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("reduce", ["mean", "no"])
def test_crf_gradients(reduce, rng):
    cost, xs, ys = crf_batch(rng)

    def f(cost, *xs):
        return F.crf1d(cost, xs, ys, reduce)

    arguments = (cost, *xs)
    gy = rng.normal(size=f(*arguments).shape)
    check_backward(f, arguments, gy, atol=1e-5)
    check_double_backward(f, arguments, gy, tuple(rng.normal(size=a.shape) for a in arguments), atol=1e-5)


@DTYPES
def test_viterbi_finds_the_best_path(dtype, rng):
    cost, xs, _ = crf_batch(rng, dtype)
    score, path = F.argmax_crf1d(chainer.Variable(cost), [chainer.Variable(x) for x in xs])
    assert score.dtype == dtype
    assert [y.shape for y in path] == [(n,) for n in LENGTHS]
    assert {y.dtype for y in path} == {np.dtype("int32")}
    for row in range(4):
        scores = all_scores(cost, xs, row)
        best = max(scores, key=scores.get)
        assert tuple(int(y[row]) for y in path if len(y) > row) == best
        np.testing.assert_allclose(score.array[row], scores[best], rtol=TOLERANCE[dtype])


def test_viterbi_leaves_its_arguments(rng):
    cost, xs, _ = crf_batch(rng)
    before = xs[0].copy()
    F.argmax_crf1d(cost, xs)
    np.testing.assert_array_equal(xs[0], before)


def ctc(x=None, t=None, blank=0, *lengths, **options):
    x = [np.ones((2, 4), "float32")] * 3 if x is None else x
    t = np.array([[1, 2], [3, 3]], "int32") if t is None else t
    return F.connectionist_temporal_classification(x, t, blank, *lengths, **options)


def crf(cost=(2, 2), xs=((2, 2), (1, 2)), ys=(2, 1), reduce="mean"):
    steps = [np.ones(shape, "float32") for shape in xs]
    return F.crf1d(np.ones(cost, "float32"), steps, [np.zeros(n, "int32") for n in ys], reduce)


TWO = np.array([2, 2], "int32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ctc(np.ones((3, 2, 4))), TypeError, "x must be a list"),
        (lambda: ctc([]), ValueError, "0 steps"),
        (lambda: ctc(blank=1.5), TypeError, "non-negative integer"),
        (lambda: ctc(blank=-1), ValueError, r"blank_symbol must be in \[0, 4\)"),
        (lambda: ctc(blank=4), ValueError, r"blank_symbol must be in \[0, 4\)"),
        (lambda: ctc(reduce="sum"), ValueError, "'mean' and 'no'"),
        (lambda: ctc(t=np.ones((2, 2), "float32")), InvalidType, "dtype.kind == i"),
        (lambda: ctc(t=np.ones(2, "int32")), InvalidType, "ndim == 2"),
        (lambda: ctc(t=np.full((2, 2), 4)), IndexError, "out of bounds"),
        (lambda: ctc(None, None, 0, TWO[:1], TWO), InvalidType, "shape"),
        (lambda: ctc(None, None, 0, TWO + 2, TWO), ValueError, r"input_length must be in \[1, 3\]"),
        (lambda: ctc(None, None, 0, TWO - 2, TWO), ValueError, r"input_length must be in \[1, 3\]"),
        (lambda: ctc(None, None, 0, TWO, TWO + 1), ValueError, r"label_length must be in \[0, 2\]"),
        (lambda: crf(reduce="sum"), ValueError, "'mean' and 'no'"),
        (lambda: crf(xs=(), ys=()), ValueError, "at least one step"),
        (lambda: crf(ys=(2,)), ValueError, "as many steps as xs, 2, got 1"),
        (lambda: crf(ys=(2, 2)), InvalidType, r"ys\[1\].shape"),
        (lambda: crf(cost=(2, 3)), InvalidType, "cost.shape"),
        (lambda: crf(xs=((1, 2), (2, 2)), ys=(1, 2)), InvalidType, "the longest first"),
        (lambda: F.argmax_crf1d(np.ones((2, 2)), []), ValueError, "at least one step"),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
