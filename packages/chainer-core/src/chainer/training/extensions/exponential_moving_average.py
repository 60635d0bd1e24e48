"""Moving average of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.link import Link
from chainer.serializer import AbstractSerializer
from chainer.training.extension import PRIORITY_WRITER, Extension

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class ExponentialMovingAverage(Extension):
    r"""Keeps a model whose weights are a moving average of those in training.

    The average is updated by :math:`\bar{w} \leftarrow d\,\bar{w} + (1 - d)\,w`. It often generalises better than the
    last weights (Polyak and Juditsky, SIAM J. Control Optim. 1992); give it to an :class:`Evaluator`, or to
    :func:`snapshot_object`. Persistent values, such as the statistics of batch normalization,
    and parameters of integers are copied as they are.

    Args:
        target: Model in training.
        decay: :math:`d` above, between 0 and 1: the average reaches back about ``1 / (1 - decay)`` calls.
        n_start: Calls during which the model is just copied.

    Attributes:
        model: The averaged model, a copy of ``target``.

    Raises:
        ValueError: ``decay`` is not between 0 and 1.

    Example:
        >>> from chainer.training.extensions import ExponentialMovingAverage
        >>> import chainer.links as L
        >>> average = ExponentialMovingAverage(L.Linear(3, 2), decay=0.99)  # trainer.extend(average)
        >>> average.model.W.shape
        (2, 3)
    """

    # Before an evaluation, which may be that of the averaged model.
    priority = PRIORITY_WRITER + 100

    def __init__(self, target: Link, decay: float = 0.999, n_start: int = 0) -> None:
        if not 0 <= decay <= 1:
            raise ValueError(f"decay must be between 0 and 1, got {decay}")
        self._target = target
        self._decay = decay
        self._n_start = n_start
        self._t = 0
        self.model = target.copy("copy")

    def __call__(self, trainer: Trainer) -> None:
        """Moves the average by one step."""
        before = {path: param.array for path, param in self.model.namedparams()}
        is_copying = self._t < self._n_start
        self._t += 1
        for (path, average), (_, param) in zip(self.model.namedparams(), self._target.namedparams()):
            if param.array is None:
                continue
            if is_copying or before[path] is None or param.dtype.kind != "f":
                average.copydata(param)
            else:
                # average += (1 - decay) * (param - average), with one array for the right-hand side.
                step = param.array - average.array
                step *= 1 - self._decay
                average.array += step
        self._copy_persistent()

    def _copy_persistent(self) -> None:
        for own, other in zip(self.model.links(), self._target.links()):
            for name in other._persistent:
                value = getattr(other, name)
                setattr(own, name, value.copy() if hasattr(value, "copy") else value)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the averaged model."""
        self._t = serializer("_t", self._t)
        self.model.serialize(serializer["model"])
