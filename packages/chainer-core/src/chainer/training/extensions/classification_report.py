"""What a classifier mistakes for what."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from chainer.backends import cuda
from chainer.configuration import using_config
from chainer.dataset.convert import _call_converter, concat_examples
from chainer.reporter import Observation, report
from chainer.training.extensions import _plot
from chainer.training.extensions.evaluator import Evaluator
from chainer.types import DeviceSpec, NdArray

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class ClassificationReport(Evaluator):
    """Draws the confusion matrix of a classifier once an epoch, and reports accuracy, precision, recall and F1 score.

    The scores are means over the classes that occur, named ``classification/accuracy`` and so on. The picture needs
    matplotlib (``pip install 'chainer[plot]'``); without it there is a warning, and no picture.

    Args:
        iterator: Over pairs of an input and its class, with ``repeat=False``.
        predictor: Link from inputs ``(B, ...)`` to scores ``(B, n_class)``: of a
            :class:`~chainer.links.Classifier`, its ``predictor``.
        labels: Names of the classes, in order; ``None`` numbers them.
        filename: Name of the picture in the trainer's ``out``.
        converter: Makes arrays of a batch.
        device: Where to send the arrays; ``None`` leaves them where they are.

    Attributes:
        matrix: Counts of the last evaluation, of shape ``(n_class, n_class)``: rows are the true classes, columns the
            predicted ones. ``None`` before.
    """

    default_name = "classification"

    def __init__(
        self,
        iterator: Any,
        predictor: Any,
        labels: Sequence[str] | None = None,
        filename: str = "confusion_matrix.png",
        converter: Callable[..., Any] = concat_examples,
        device: DeviceSpec | None = None,
    ) -> None:
        super().__init__(iterator, predictor, converter=converter, device=device)
        self.matrix: NdArray | None = None
        self._labels = labels
        self._filename = filename
        _plot.is_available()

    def __call__(self, trainer: Trainer | None = None) -> Observation:
        """Evaluates, reports and, if there is a trainer, saves the picture."""
        with using_config("train", False), using_config("enable_backprop", False):
            self.matrix = self._count()
        prefix = "" if self.name is None else self.name + "/"
        scores = {prefix + name: value for name, value in _scores(self.matrix).items()}
        report(scores)
        if trainer is not None and _plot.is_available():
            _plot.save_figure(self._draw(self.matrix), os.path.join(trainer.out, self._filename))
        return scores

    def _count(self) -> NdArray:
        n_class = 0 if self._labels is None else len(self._labels)
        pairs = []
        for batch in self._batches():
            *inputs, t = _call_converter(self.converter, batch, self.device)
            y = cuda.to_cpu(self._targets["main"](*inputs).array)
            n_class = max(n_class, y.shape[1])
            pairs.append((cuda.to_cpu(t), y.argmax(axis=1)))
        truth, prediction = (numpy.concatenate(part) for part in zip(*pairs))
        is_counted = truth >= 0  # -1 marks what has no class, here as in softmax_cross_entropy
        flat = n_class * truth[is_counted] + prediction[is_counted]
        return numpy.bincount(flat, minlength=n_class * n_class).reshape(n_class, n_class)

    def _draw(self, matrix: NdArray) -> Any:
        n_class = len(matrix)
        labels = [str(index) for index in range(n_class)] if self._labels is None else self._labels
        side = max(4.0, 1.5 + 0.45 * n_class)
        figure = _plot.new_figure((side, side))
        axes = figure.add_subplot(xlabel="predicted", ylabel="true")
        share = matrix / numpy.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(n_class), labels, rotation=90 if max(map(len, labels)) > 2 else 0)
        axes.set_yticks(range(n_class), labels)
        for row, column in zip(*numpy.nonzero(matrix)):
            color = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=color, fontsize="small")
        axes.set_title(f"accuracy {numpy.trace(matrix) / max(matrix.sum(), 1):.2%}")
        return figure


def _scores(matrix: NdArray) -> dict[str, float]:
    correct, truth, predicted = numpy.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    occurs = (truth > 0) | (predicted > 0)
    correct, truth, predicted = correct[occurs], truth[occurs], predicted[occurs]
    precision = correct / numpy.maximum(predicted, 1)
    recall = correct / numpy.maximum(truth, 1)
    f1 = 2 * correct / (truth + predicted)
    return {
        "accuracy": float(correct.sum() / max(truth.sum(), 1)),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(f1.mean()),
    }
