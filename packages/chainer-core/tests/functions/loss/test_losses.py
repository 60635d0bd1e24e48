"""Every loss of arrays: what it computes, its gradients, and the dtypes that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.backend import get_array_module
from chainer.backends.cuda import to_cpu
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

LABELS = np.array([2, 0, 1, 0], "int32")
PAIRS = np.array([1, 0, 0, 1], "int32")
BINARY = np.array([[0, 1, -1], [1, 1, 0], [-1, -1, -1], [0, 0, 1]], "int32")


@dataclass(frozen=True)
class Case:
    """A loss in one of its reductions, and its definition on float64 arrays."""

    name: str
    function: Callable[..., Any]
    reference: Callable[..., np.ndarray]
    shapes: tuple[tuple[int, ...], ...]
    takes_empty: bool


def family(
    name: str,
    function: Callable[..., Any],
    reference: Callable[..., np.ndarray],
    reductions: dict[str, Callable[[np.ndarray], np.ndarray]],
    n_inputs: int = 2,
    shape: tuple[int, ...] = (4, 3),
    takes_empty: bool = True,
) -> list[Case]:
    """One case a reduction: ``function`` takes it as an argument, ``reference`` gives what is to be reduced."""
    return [
        Case(
            f"{name}, {reduce}",
            lambda *xs, reduce=reduce: function(*xs, reduce=reduce),
            lambda *xs, reduction=reduction: reduction(reference(*xs)),
            (shape,) * n_inputs,
            takes_empty,
        )
        for reduce, reduction in reductions.items()
    ]


def beside(x: Any, labels: np.ndarray) -> Any:
    """As many labels as there are samples, on the device of those."""
    return get_array_module(x).asarray(labels[: len(x)])


def huber(x, t, delta):
    d = np.abs(x - t)
    return np.where(d <= delta, d**2 / 2, delta * (d - delta / 2))


def hinge(x, p):
    signs = np.where(np.arange(3) == LABELS[: len(x), None], 1, -1)
    return np.maximum(1 - signs * x, 0) ** p


def contrastive(x0, x1):
    d = np.linalg.norm(x0 - x1, axis=1)
    return np.where(PAIRS == 1, d**2, np.maximum(2 - d, 0) ** 2) / 2


def triplet(a, p, n):
    return np.maximum(((a - p) ** 2 - (a - n) ** 2).sum(axis=1) + 0.3, 0)


def covariance(y, z):
    return np.cov(y.T, z.T, bias=True)[: y.shape[1], y.shape[1] :]


def off_diagonal(h):
    c = np.cov(h.T, bias=True)
    return c - np.diag(np.diag(c))


def binary_cross_entropy(x):
    t = BINARY[: len(x)]
    p = scipy.special.expit(x)
    return np.where(t == -1, 0, -np.log(np.where(t == 1, p, 1 - p)))


def bernoulli(x, y):
    p = scipy.special.expit(y)
    return -x * np.log(p) - (1 - x) * np.log(1 - p)


def divergence(m, v):
    return 0.5 * (m**2 + np.exp(v) - v - 1)


def gaussian(x, m, v):
    return 0.5 * np.log(2 * np.pi * np.exp(v)) + (x - m) ** 2 / (2 * np.exp(v))


def half_squared_sum(c):
    return (c**2).sum() / 2


def batch_mean(loss):
    return loss.sum() / len(loss)


def sum_along_second_axis(loss):
    return loss.sum(axis=1)


def itself(loss):
    return loss


def plain(name, function, reference, takes_empty=True):
    return Case(name, function, reference, ((4, 3), (4, 3)), takes_empty)


MEAN = {"mean": batch_mean, "no": itself}
PENALTY = {"half_squared_sum": half_squared_sum, "no": itself}
LIKELIHOOD = {"sum": np.sum, "mean": np.mean, "no": itself}
CASES = [
    plain("absolute_error", F.absolute_error, lambda a, b: np.abs(a - b)),
    plain("squared_error", F.squared_error, lambda a, b: (a - b) ** 2),
    plain("squared_difference", F.squared_difference, lambda a, b: (a - b) ** 2),
    plain("mean_absolute_error", F.mean_absolute_error, lambda a, b: np.abs(a - b).mean(), False),
    plain("mean_squared_error", F.mean_squared_error, lambda a, b: ((a - b) ** 2).mean(), False),
    *family(
        "huber_loss",
        lambda x, t, reduce: F.huber_loss(x, t, 0.7, reduce),
        lambda x, t: huber(x, t, 0.7),
        {"sum_along_second_axis": sum_along_second_axis, "no": itself},
        shape=(4, 3, 2),
    ),
    *family("hinge", lambda x, reduce: F.hinge(x, beside(x, LABELS), "L1", reduce), lambda x: hinge(x, 1), MEAN, 1),
    *family("hinge, L2", lambda x, reduce: F.hinge(x, beside(x, LABELS), "L2", reduce), lambda x: hinge(x, 2), MEAN, 1),
    *family(
        "contrastive",
        lambda a, b, reduce: F.contrastive(a, b, beside(a, PAIRS), 2, reduce),
        contrastive,
        MEAN,
        takes_empty=False,
    ),
    *family("triplet", lambda *xs, reduce: F.triplet(*xs, 0.3, reduce), triplet, MEAN, 3),
    *family("triplet of images", lambda *xs, reduce: F.triplet(*xs, 0.3, reduce), triplet, MEAN, 3, (4, 3, 2)),
    *family("cross_covariance", F.cross_covariance, covariance, PENALTY, takes_empty=False),
    *family("decov", F.decov, off_diagonal, PENALTY, 1, takes_empty=False),
    *family(
        "sigmoid_cross_entropy",
        lambda x, reduce: F.sigmoid_cross_entropy(x, beside(x, BINARY), reduce=reduce),
        binary_cross_entropy,
        {"mean": lambda loss: loss.sum() / 8, "no": itself},  # 8 labels are not -1
        1,
    ),
    *family(
        "sigmoid_cross_entropy, by batch",
        lambda x, reduce: F.sigmoid_cross_entropy(x, beside(x, BINARY), False, reduce),
        binary_cross_entropy,
        {"mean": batch_mean},
        1,
    ),
    *family("bernoulli_nll", F.bernoulli_nll, bernoulli, LIKELIHOOD, takes_empty=False),
    *family("gaussian_kl_divergence", F.gaussian_kl_divergence, divergence, LIKELIHOOD, takes_empty=False),
    *family("gaussian_nll", F.gaussian_nll, gaussian, LIKELIHOOD, 3, takes_empty=False),
]
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}


def draw(rng: np.random.Generator, case: Case, dtype: str = "float64") -> list[np.ndarray]:
    """Multiples of 0.1 plus less than 0.05 times the index of the input: differences are clear of the kinks."""
    return [(rng.integers(-20, 20, shape) / 10 + 0.013 * (i + 1)).astype(dtype) for i, shape in enumerate(case.shapes)]


@cases
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_definition(xp, case, dtype, rng):
    xs = draw(rng, case, dtype)
    loss = to_cpu(case.function(*map(xp.asarray, xs)).array)
    assert loss.dtype == dtype
    expected = case.reference(*[x.astype("float64") for x in xs])
    np.testing.assert_allclose(loss, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@cases
def test_gradients(xp, case, rng):
    xs = tuple(map(xp.asarray, draw(rng, case)))
    gy = xp.asarray(rng.normal(size=case.function(*xs).shape))
    ggxs = tuple(xp.asarray(rng.normal(size=x.shape)) for x in xs)
    check_backward(case.function, xs, gy, eps=1e-4, atol=1e-5, rtol=1e-4)
    check_double_backward(case.function, xs, gy, ggxs, eps=1e-4, atol=1e-5, rtol=1e-4)


@cases
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gradients_keep_dtype_and_layout_does_not_matter(case, dtype, rng):
    xs = draw(rng, case, dtype)
    plain, strided = ([chainer.Variable(f(x)) for x in xs] for f in (np.ascontiguousarray, np.asfortranarray))
    for variables in (plain, strided):
        loss = case.function(*variables)
        loss.grad = np.ones_like(loss.array)
        loss.backward()
        assert [x.grad.dtype for x in variables] == [dtype] * len(xs)
    for x, y in zip(plain, strided, strict=True):
        np.testing.assert_allclose(x.grad, y.grad, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("case", [c for c in CASES if c.takes_empty], ids=lambda case: case.name)
def test_takes_an_empty_batch(case, rng):
    xs = [chainer.Variable(x[:0]) for x in draw(rng, case)]
    loss = case.function(*xs)
    np.testing.assert_array_equal(loss.array, np.zeros(loss.shape))
    loss.grad = np.ones_like(loss.array)
    loss.backward()
    assert [x.grad.shape for x in xs] == [x.shape for x in xs]


@cases
def test_refuses_integers(case, rng):
    with pytest.raises(InvalidType, match="dtype"):
        case.function(*[np.ones(shape, "int32") for shape in case.shapes])


@pytest.mark.parametrize("function", [F.mean_squared_error, F.mean_absolute_error])
def test_mean_of_float16_does_not_overflow(function):
    x = np.full(100_000, 2, "float16")
    assert function(x, x * 0).array == function(np.float64([2]), np.float64([0])).array


WIDE = np.float64(0.25)  # a hyperparameter of a stronger dtype than the data


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.huber_loss(x, x, WIDE),
        lambda x: F.contrastive(x, 2 * x, PAIRS, WIDE),
        lambda x: F.triplet(x, 2 * x, 3 * x, WIDE),
        lambda x: F.discriminative_margin_based_clustering_loss(
            x.reshape(2, 2, 3), np.ones((2, 3), "i"), WIDE, WIDE, 2, 2, WIDE, WIDE, WIDE
        )[0],
    ],
)
def test_hyperparameters_do_not_widen(function, dtype):
    x = chainer.Variable(np.ones((4, 3), dtype))
    y = function(x)
    y.grad = np.ones_like(y.array)
    y.backward()
    assert y.dtype == x.grad.dtype == dtype


def test_mean_of_nothing_is_nan():
    x = chainer.Variable(np.zeros((0, 3), "float32"))
    for function in (F.mean_squared_error, F.mean_absolute_error):
        loss = function(x, x.array)
        assert np.isnan(loss.array)
        assert loss.dtype == "float32"
        loss.backward()
        assert x.grad.shape == (0, 3)


def test_sigmoid_cross_entropy_stays_finite():
    x = chainer.Variable(np.float32([1000, -1000]))
    loss = F.sigmoid_cross_entropy(x, np.array([0, 1]), reduce="no")
    loss.grad = np.ones(2, "float32")
    loss.backward()
    np.testing.assert_array_equal(loss.array, [1000, 1000])
    np.testing.assert_array_equal(x.grad, [1, -1])


def test_sigmoid_cross_entropy_of_nothing_is_zero():
    assert F.sigmoid_cross_entropy(np.ones((2, 2), "float32"), np.full((2, 2), -1)).array == 0


def test_contrastive_leaves_coinciding_points():
    x = [chainer.Variable(np.ones((1, 2))) for _ in range(2)]
    F.contrastive(*x, np.array([0])).backward()
    np.testing.assert_array_equal([v.grad for v in x], np.zeros((2, 1, 2)))


def test_losses_of_labels_take_variables():
    x = chainer.Variable(np.ones((4, 3), "float32"))
    t = chainer.Variable(LABELS)
    F.hinge(x, t).backward()
    assert t.grad is None
    assert x.grad is not None


X, M = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
REFUSALS = {
    "absolute_error, shape": (lambda: F.absolute_error(X, M), InvalidType, "x0.shape == x1.shape"),
    "squared_error, dtype": (lambda: F.squared_error(X, X.astype("d")), InvalidType, "x0.dtype == x1.dtype"),
    "mean_squared_error, shape": (lambda: F.mean_squared_error(X, M), InvalidType, "x0.shape == x1.shape"),
    "mean_absolute_error, shape": (lambda: F.mean_absolute_error(X, M), InvalidType, "x0.shape == x1.shape"),
    "huber_loss, reduce": (lambda: F.huber_loss(X, X, 1, "mean"), ValueError, "'sum_along_second_axis' and 'no'"),
    "huber_loss, one axis": (lambda: F.huber_loss(X[0], X[0], 1), InvalidType, "x.ndim >= 2"),
    "hinge, norm": (lambda: F.hinge(X, LABELS, "L3"), NotImplementedError, "'L1' or 'L2'"),
    "hinge, reduce": (lambda: F.hinge(X, LABELS, reduce="sum"), ValueError, "'mean' and 'no'"),
    "hinge, label": (lambda: F.hinge(X, LABELS + 5), IndexError, "out of bounds"),
    "hinge, labels": (lambda: F.hinge(X, LABELS[:2]), InvalidType, "t.shape"),
    "contrastive, margin": (lambda: F.contrastive(X, X, PAIRS, 0), ValueError, "margin should be positive"),
    "contrastive, reduce": (lambda: F.contrastive(X, X, PAIRS, 1, "sum"), ValueError, "'mean' and 'no'"),
    "contrastive, empty": (lambda: F.contrastive(X[:0], X[:0], PAIRS[:0]), InvalidType, "> 0"),
    "contrastive, float y": (lambda: F.contrastive(X, X, PAIRS.astype("f")), InvalidType, "y.dtype.kind == i"),
    "triplet, margin": (lambda: F.triplet(X, X, X, -1), ValueError, "margin should be positive"),
    "triplet, reduce": (lambda: F.triplet(X, X, X, reduce="sum"), ValueError, "'mean' and 'no'"),
    "triplet, shape": (lambda: F.triplet(X, M, X), InvalidType, "anchor.shape == positive.shape"),
    "cross_covariance, reduce": (lambda: F.cross_covariance(X, M, "mean"), ValueError, "'half_squared_sum' and 'no'"),
    "cross_covariance, batch": (lambda: F.cross_covariance(X, M[:2]), InvalidType, "shape"),
    "decov, reduce": (lambda: F.decov(X, "mean"), ValueError, "'half_squared_sum' and 'no'"),
    "decov, ndim": (lambda: F.decov(X[0]), InvalidType, "h.ndim == 2"),
    "sigmoid_cross_entropy, t": (lambda: F.sigmoid_cross_entropy(X, X), InvalidType, "t.dtype.kind == i"),
    "sigmoid_cross_entropy, reduce": (lambda: F.sigmoid_cross_entropy(X, BINARY, reduce="sum"), ValueError, "'mean'"),
    "bernoulli_nll, reduce": (lambda: F.bernoulli_nll(X, X, "max"), ValueError, "'sum', 'mean' and 'no'"),
    "gaussian_nll, reduce": (lambda: F.gaussian_nll(X, X, X, "max"), ValueError, "'sum', 'mean' and 'no'"),
    "gaussian_kl_divergence, reduce": (lambda: F.gaussian_kl_divergence(X, X, "max"), ValueError, "'sum', 'mean'"),
}


@pytest.mark.parametrize(("call", "error", "match"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()
