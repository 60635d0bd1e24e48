"""A predictor with a loss and an accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer import reporter
from chainer.functions.evaluation.accuracy import accuracy
from chainer.functions.loss.softmax_cross_entropy import softmax_cross_entropy
from chainer.link import Chain, Link
from chainer.variable import Variable


class Classifier(Chain):
    """Computes the loss of a predictor, and reports the loss and the accuracy as ``loss`` and ``accuracy``.

    Args:
        predictor: Link that is called with all inputs but the labels.
        lossfun: Function of prediction and labels that returns the loss.
        accfun: Function of prediction and labels that returns the accuracy.
        label_key: Which argument is the labels: the index of a positional or the name of a keyword argument.

    Attributes:
        y: Prediction of the last call.
        loss: Loss of the last call.
        accuracy: Accuracy of the last call, if :attr:`compute_accuracy`.
        compute_accuracy: Whether to compute it; true by default.

    Raises:
        TypeError: ``label_key`` is neither an integer nor a string.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> model = L.Classifier(L.Linear(3, 2))
        >>> loss = model(np.zeros((4, 3), np.float32), np.array([0, 1, 1, 0]))
        >>> float(model.accuracy.array)
        0.5
    """

    compute_accuracy: bool = True
    predictor: Any

    def __init__(
        self,
        predictor: Link,
        lossfun: Callable[..., Variable] = softmax_cross_entropy,
        accfun: Callable[..., Variable] = accuracy,
        label_key: int | str = -1,
    ) -> None:
        if not isinstance(label_key, int | str):
            raise TypeError(f"label_key must be int or str, but is {type(label_key).__name__}")
        super().__init__()
        self.lossfun = lossfun
        self.accfun = accfun
        self.y: Any = None
        self.loss: Any = None
        self.accuracy: Any = None
        self.label_key = label_key
        with self.init_scope():
            self.predictor = predictor

    def forward(self, *args: Any, **kwargs: Any) -> Variable:
        """Computes the loss, and reports it.

        Args:
            args: Inputs of the predictor, and the labels where ``label_key`` is an index.
            kwargs: Keyword arguments of the predictor, and the labels where ``label_key`` is a name.

        Raises:
            ValueError: There is no argument ``label_key``.
        """
        if isinstance(self.label_key, int):
            if not -len(args) <= self.label_key < len(args):
                raise ValueError(
                    f"label key {self.label_key} is out of bounds: there are {len(args)} positional arguments"
                )
            inputs = list(args)
            t = inputs.pop(self.label_key)
        else:
            if self.label_key not in kwargs:
                raise ValueError(f"label key {self.label_key!r} is not found among the keyword arguments")
            inputs = list(args)
            t = kwargs.pop(self.label_key)

        # Results of the last call must not outlive the start of this one: they hold its graph.
        self.y = self.loss = self.accuracy = None
        self.y = self.predictor(*inputs, **kwargs)
        self.loss = self.lossfun(self.y, t)
        reporter.report({"loss": self.loss}, self)
        if self.compute_accuracy:
            self.accuracy = self.accfun(self.y, t)
            reporter.report({"accuracy": self.accuracy}, self)
        return self.loss
