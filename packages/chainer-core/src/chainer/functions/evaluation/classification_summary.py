"""Precision, recall and their harmonic mean, class by class."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class ClassificationSummary(FunctionNode):
    """Node of :func:`classification_summary`; no gradient flows through it."""

    def __init__(self, label_num: int | None, beta: float, ignore_label: int | None) -> None:
        self.label_num = label_num
        self.beta = beta
        self.ignore_label = ignore_label

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("y", "t"))
        y_type, t_type = in_types
        type_check.expect(
            y_type.dtype.kind == "f",
            t_type.dtype.kind == "i",
            y_type.ndim >= 2,
            t_type.shape == y_type.shape[:1] + y_type.shape[2:],
        )

    def forward(self, inputs: Arrays) -> Arrays:
        y, t = inputs
        xp = backend.get_array_module(y)
        n_label = int(t.max()) + 1 if self.label_num is None else self.label_num
        predicted = y.argmax(axis=1)
        is_valid = xp.ones(t.shape, bool) if self.ignore_label is None else t != self.ignore_label
        support = _count(xp, t[is_valid], n_label)
        relevant = _count(xp, predicted[is_valid], n_label)
        n_correct = _count(xp, t[is_valid & (predicted == t)], n_label)
        with numpy.errstate(invalid="ignore"):  # a class that is never predicted has no precision: nan
            precision = n_correct / relevant
            recall = n_correct / support
            weight = self.beta * self.beta
            fbeta = (1 + weight) * precision * recall / (weight * precision + recall)
        return precision, recall, fbeta, support


def _count(xp: Any, labels: Any, n_label: int) -> Any:
    """How often each label in ``[0, n_label)`` occurs; others are left out."""
    labels = labels[(labels >= 0) & (labels < n_label)]
    return xp.bincount(labels, minlength=n_label)[:n_label]


def classification_summary(
    y: VariableLike,
    t: VariableLike,
    label_num: int | None = None,
    beta: float = 1.0,
    ignore_label: int | None = -1,
) -> tuple[Variable, ...]:
    r"""Precision, recall, F-score and number of samples of each class. Not differentiable.

    With true positives :math:`tp` and false positives and negatives :math:`fp, fn` of a class,

    .. math:: p = \frac{tp}{tp + fp}, \quad r = \frac{tp}{tp + fn}, \quad
        F_\beta = (1 + \beta^2) \frac{p r}{\beta^2 p + r}.

    Args:
        y: Scores of the classes. Shape ``(B, C)`` or ``(B, C, d1, ...)``, float.
        t: Labels. Shape ``(B,)`` or ``(B, d1, ...)``, a signed integer dtype.
        label_num: Number of classes to report; ``None`` takes the largest label in ``t`` plus one.
        beta: How much more recall counts than precision.
        ignore_label: Label of samples that do not count, or ``None``.

    Returns:
        Four variables of shape ``(label_num,)``: precision, recall and F-score in float64, with nan where they are
        not defined, and the number of samples, int64.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> y = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
        >>> precision, recall, f1, support = F.classification_summary(y, np.array([0, 1, 1], np.int32))
        >>> precision, recall, support
        (variable([0.5, 1. ]), variable([1. , 0.5]), variable([1, 2]))
    """
    return ClassificationSummary(label_num, beta, ignore_label).apply((y, t))


def precision(
    y: VariableLike, t: VariableLike, label_num: int | None = None, ignore_label: int | None = -1
) -> tuple[Variable, Variable]:
    """Precision and number of samples of each class; see :func:`classification_summary`."""
    p, _, _, support = classification_summary(y, t, label_num, 1.0, ignore_label)
    return p, support


def recall(
    y: VariableLike, t: VariableLike, label_num: int | None = None, ignore_label: int | None = -1
) -> tuple[Variable, Variable]:
    """Recall and number of samples of each class; see :func:`classification_summary`."""
    _, r, _, support = classification_summary(y, t, label_num, 1.0, ignore_label)
    return r, support


def fbeta_score(
    y: VariableLike,
    t: VariableLike,
    label_num: int | None = None,
    beta: float = 1.0,
    ignore_label: int | None = -1,
) -> tuple[Variable, Variable]:
    """F-score and number of samples of each class; see :func:`classification_summary`."""
    _, _, f, support = classification_summary(y, t, label_num, beta, ignore_label)
    return f, support


def f1_score(
    y: VariableLike, t: VariableLike, label_num: int | None = None, ignore_label: int | None = -1
) -> tuple[Variable, Variable]:
    """F-score for ``beta=1`` and number of samples of each class; see :func:`classification_summary`."""
    return fbeta_score(y, t, label_num, 1.0, ignore_label)
