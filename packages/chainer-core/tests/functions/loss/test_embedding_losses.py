"""Losses of word embeddings and of pixel embeddings."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.functions.loss.discriminative_loss import DiscriminativeMarginBasedClusteringLoss
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-10}
DTYPES = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
LABELS = np.array([0, 3, -1, 3], "int32")
SAMPLES = np.array([[1, 2], [3, 5], [0, 0], [4, 1]], "int32")


def draw_words(rng, dtype="float64"):
    return rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=(6, 3)).astype(dtype)


def sampler(shape):
    assert shape == (4, 3)
    return np.concatenate([np.full((4, 1), 5, "int32"), SAMPLES], axis=1)


@DTYPES
@pytest.mark.parametrize("reduce", ["sum", "no"])
def test_negative_sampling(dtype, reduce, rng):
    x, W = draw_words(rng, dtype)
    loss, samples = F.negative_sampling(x, LABELS, W, sampler, 2, reduce, return_samples=True)
    np.testing.assert_array_equal(samples, np.concatenate([LABELS[:, None], SAMPLES], axis=1))
    log_sigmoid = scipy.special.log_expit
    expected = [
        0 if t == -1 else -log_sigmoid(h @ w[t]) - log_sigmoid(-h @ w[s].T).sum()
        for h, t, s, w in zip(x.astype("d"), LABELS, SAMPLES, [W.astype("d")] * 4, strict=True)
    ]
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss.array, np.sum(expected) if reduce == "sum" else expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("reduce", ["sum", "no"])
def test_negative_sampling_gradients(reduce, rng):
    x, W = draw_words(rng)

    def f(x, W):
        return F.negative_sampling(x, LABELS, W, sampler, 2, reduce)

    gy = np.asarray(rng.normal(size=f(x, W).shape))
    check_backward(f, (x, W), gy)
    check_double_backward(f, (x, W), gy, (rng.normal(size=x.shape), rng.normal(size=W.shape)))
    for i in range(2):  # of one input alone
        check_backward(lambda a, i=i: f(*((a, W) if i == 0 else (x, a))), (x, W)[i], gy)


@DTYPES
@pytest.mark.parametrize("reduce", ["mean", "no"])
def test_black_out(dtype, reduce, rng):
    x, W = (a / 4 for a in draw_words(rng, dtype))  # float16 does not tell a probability near 1 from 1
    t = np.abs(LABELS)
    expected = []
    for h, label, samples in zip(x.astype("d"), t, SAMPLES, strict=True):
        p = scipy.special.softmax(W.astype("d")[[label, *samples]] @ h)
        expected.append(-np.log(p[0]) - np.log(1 - p[1:]).sum())
    loss = F.black_out(x, t, W, SAMPLES, reduce)
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss.array, np.mean(expected) if reduce == "mean" else expected, rtol=TOLERANCE[dtype])


def test_black_out_gradients(rng):
    x, W = draw_words(rng)

    def f(x, W):
        return F.black_out(x, np.abs(LABELS), W, SAMPLES, "no")

    gy = rng.normal(size=4)
    check_backward(f, (x, W), gy, atol=1e-5)
    check_double_backward(f, (x, W), gy, (rng.normal(size=x.shape), rng.normal(size=W.shape)), atol=1e-4)


def test_black_out_shares_samples(rng):
    x, W = draw_words(rng)
    t = np.abs(LABELS)
    tiled = np.tile(SAMPLES[0], (4, 1))
    np.testing.assert_allclose(F.black_out(x, t, W, SAMPLES[0]).array, F.black_out(x, t, W, tiled).array)


INSTANCES = np.array([[[0, 1, 1], [2, 2, 2]], [[1, 1, 3], [0, 0, 4]]])  # 3 stands once, 4 is no instance


def discriminative(x, norm, delta_v=0.3, delta_d=1.5):
    """Variance, distance and regularisation, pixel by pixel; three instances, three dimensions."""
    means = np.zeros((2, 3, 3))
    spread, count = np.zeros(3), np.zeros(3)
    for b in range(2):
        for c in range(3):
            pixels = x[b][:, INSTANCES[b] == c + 1]
            if pixels.size:
                means[b, c] = pixels.mean(axis=1)
                for pixel in pixels.T:
                    spread[c] += max(np.linalg.norm(pixel - means[b, c], norm) - delta_v, 0) ** 2
                    count[c] += 1
    distance = 0
    for b in range(2):
        for i in range(3):
            for j in range(3):
                if i != j:
                    distance += max(2 * delta_d - np.linalg.norm(means[b, i] - means[b, j], norm), 0) ** 2
    length = sum(np.linalg.norm(means[:, c].ravel(), norm) for c in range(3))
    return (spread / np.maximum(count, 1)).mean(), distance / 12, length / 6


@DTYPES
@pytest.mark.parametrize("norm", [1, 2])
def test_discriminative_loss(dtype, norm, rng):
    x = (3 * rng.normal(size=(2, 3, 2, 3))).astype(dtype)
    terms = F.discriminative_margin_based_clustering_loss(x, INSTANCES, 0.3, 1.5, 3, norm, 1, 2, 0.5)
    expected = np.array(discriminative(x.astype("d"), norm)) * (1, 2, 0.5)
    assert {term.dtype for term in terms} == {np.dtype(dtype)}
    np.testing.assert_allclose([term.array for term in terms], expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("norm", [1, 2])
def test_discriminative_loss_gradients(norm, rng):
    x = 3 * rng.normal(size=(2, 3, 2, 3))

    def f(x):
        return F.discriminative_margin_based_clustering_loss(x, INSTANCES, 0.3, 1.5, 3, norm, gamma=1.0)

    check_backward(f, x, tuple(np.asarray(g) for g in rng.normal(size=3)), eps=1e-5, atol=1e-5)


def test_discriminative_loss_of_one_dimension_has_no_pairs():
    x = np.float32([[[1, 2, 5, 9]]])
    terms = DiscriminativeMarginBasedClusteringLoss(0.0, 10.0, 1, gamma=1.0)(x, np.array([[0, 0, 1, 1]]))
    assert [float(term.array) for term in terms] == [4, 0, 7]


X, W = np.ones((4, 3), "float32"), np.ones((6, 3), "float32")
PIXELS = np.ones((2, 3, 2, 3), "float32")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: F.negative_sampling(X, LABELS, W, sampler, 2, "mean"), ValueError, "'sum' and 'no'"),
        (lambda: F.negative_sampling(X, LABELS, W, sampler, 2, samples=SAMPLES), TypeError, "samples"),
        (lambda: F.negative_sampling(X, LABELS[:2], W, sampler, 2), InvalidType, "t.shape"),
        (lambda: F.negative_sampling(X, X[:, 0], W, sampler, 2), InvalidType, "t.dtype.kind == i"),
        (lambda: F.negative_sampling(X, LABELS, W[:, :2], sampler, 2), InvalidType, "W.shape"),
        (lambda: F.black_out(X, LABELS, W, SAMPLES, "sum"), ValueError, "'mean' and 'no'"),
        (lambda: F.black_out(X, LABELS + 4, W, SAMPLES), IndexError, "out of bounds"),
        (lambda: F.black_out(X, LABELS[:2], W, SAMPLES), InvalidType, "shape"),
        (
            lambda: F.discriminative_margin_based_clustering_loss(PIXELS, INSTANCES, 0.5, 1.5, 10),
            ValueError,
            "max_embedding_dim 10",
        ),
        (
            lambda: F.discriminative_margin_based_clustering_loss(PIXELS, INSTANCES[:1], 0.5, 1.5, 3),
            ValueError,
            "labels must have the shape",
        ),
        (
            lambda: F.discriminative_margin_based_clustering_loss(PIXELS, INSTANCES, 0.5, 1.5, 3, 3),
            ValueError,
            "norm must be 1 or 2",
        ),
    ],
)
def test_refuses(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_labels_get_no_gradient(rng):
    x, W = (chainer.Variable(a) for a in draw_words(rng))
    t = chainer.Variable(LABELS)
    F.negative_sampling(x, t, W, sampler, 2).backward()
    assert t.grad is None
    assert W.grad.shape == (6, 3)
