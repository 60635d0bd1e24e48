import chainer
import numpy as np
import pytest
from chainer.iterators import SerialIterator
from chainer.training import extensions
from PIL import Image


class Predictor(chainer.Link):
    """Scores whose maximum is at the input itself."""

    def forward(self, x):
        assert not chainer.config.train
        return chainer.Variable(np.eye(3, dtype="f")[x])


TRUTH = [0, 0, 0, 1, 1, 2, -1]
PREDICTION = [0, 0, 1, 1, 1, 0, 2]
MATRIX = [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


@pytest.fixture
def iterator():
    data = [(np.int32(p), np.int32(t)) for p, t in zip(PREDICTION, TRUTH)]
    return SerialIterator(data, 3, repeat=False, shuffle=False)


def test_scores(iterator):
    report = extensions.ClassificationReport(iterator, Predictor())
    assert report.matrix is None
    scores = report()
    np.testing.assert_array_equal(report.matrix, MATRIX)
    precision, recall = np.array([2 / 3, 2 / 3, 0]), np.array([2 / 3, 1, 0])
    assert scores == {
        "accuracy": pytest.approx(4 / 6),
        "precision": pytest.approx(precision.mean()),
        "recall": pytest.approx(recall.mean()),
        "f1": pytest.approx(np.mean([2 / 3, 0.8, 0])),
    }


def test_picture_and_observation(make_trainer, tmp_path, iterator):
    trainer = make_trainer((4, "iteration"))
    trainer.extend(extensions.ClassificationReport(iterator, Predictor(), labels=["cat", "dog", "horse"]))
    trainer.extend(extensions.LogReport(filename=""))
    trainer.run()
    assert trainer.get_extension("LogReport").log[0]["classification/accuracy"] == pytest.approx(4 / 6)
    with Image.open(tmp_path / "result" / "confusion_matrix.png") as image:
        assert image.size > (300, 300)
        assert len(np.unique(np.asarray(image.convert("L")))) > 10
