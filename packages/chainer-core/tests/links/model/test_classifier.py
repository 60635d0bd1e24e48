"""A predictor with a loss and an accuracy."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

X = np.random.RandomState(0).rand(4, 3).astype("f")
T = np.array([0, 1, 1, 0], "i")


@pytest.mark.parametrize(
    "label_key, args, kwargs",
    [(-1, (X, T), {}), (0, (T, X), {}), (1, (X, T), {}), ("t", (X,), {"t": T}), ("t", (), {"x": X, "t": T})],
)
def test_finds_its_labels(label_key, args, kwargs):
    model = L.Classifier(L.Linear(3, 2), label_key=label_key)
    loss = model(*args, **kwargs)
    y = model.predictor(X)
    np.testing.assert_array_equal(loss.array, F.softmax_cross_entropy(y, T).array)
    assert model.loss is loss
    np.testing.assert_array_equal(model.y.array, y.array)
    np.testing.assert_array_equal(model.accuracy.array, F.accuracy(y, T).array)


def test_passes_all_other_arguments_on():
    class Sum(chainer.Link):
        def forward(self, a, b, scale):
            return (a + b) * scale

    def lossfun(y, t):
        return F.sum(y) + t

    model = L.Classifier(Sum(), lossfun, label_key=1)
    model.compute_accuracy = False
    assert model(X, 5, X, scale=2).array == pytest.approx(4 * X.sum() + 5)


def test_reports():
    model = L.Classifier(L.Linear(3, 2), lossfun=F.softmax_cross_entropy, accfun=F.accuracy)
    reporter = chainer.Reporter()
    reporter.add_observer("main", model)
    observation = {}
    with reporter.scope(observation):
        model(X, T)
    assert set(observation) == {"main/loss", "main/accuracy"}
    model.compute_accuracy = False
    observation.clear()
    with reporter.scope(observation):
        model(X, T)
    assert set(observation) == {"main/loss"}
    assert model.accuracy is None


def test_results_of_the_last_call_are_let_go():
    model = L.Classifier(L.Linear(3, 2))
    model(X, T)
    with pytest.raises(chainer.utils.type_check.InvalidType):
        model(X[:, :2], T)
    assert model.y is None and model.loss is None and model.accuracy is None


@pytest.mark.parametrize(
    "label_key, args, error, message",
    [
        (5, (X, T), ValueError, "out of bounds"),
        (-3, (X, T), ValueError, "out of bounds"),
        (-1, (), ValueError, "out of bounds"),
        ("t", (X, T), ValueError, "not found"),
        (1.5, (X, T), TypeError, "int or str"),
    ],
)
def test_refuses(label_key, args, error, message):
    with pytest.raises(error, match=message):
        L.Classifier(L.Linear(3, 2), label_key=label_key)(*args)
