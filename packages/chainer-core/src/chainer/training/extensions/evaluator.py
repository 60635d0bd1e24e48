"""Evaluation of a model on a validation set."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chainer import backend
from chainer.configuration import using_config
from chainer.dataset.convert import _call_converter, concat_examples
from chainer.reporter import DictSummary, Observation, Reporter, report, report_scope
from chainer.training._batch import as_arguments
from chainer.training.extension import PRIORITY_WRITER, Extension
from chainer.training.extensions._console import bar, is_live
from chainer.types import DeviceSpec
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class Evaluator(Extension):
    """Runs a model over a data set once an epoch and reports the means of what it reports.

    The model runs with ``chainer.config.train`` off and without building graphs. Values are named
    ``validation/main/loss`` and so on; an evaluator added under another ``name`` has that instead of ``validation``.
    Called without a trainer it returns the values, without that prefix.

    Override :meth:`evaluate` to do more than that.

    Args:
        iterator: Over the data set, with ``repeat=False``; or a dict of iterators, of which ``'main'`` is used. It is
            reset before each evaluation; a copy is used if it has no ``reset``.
        target: Link to evaluate, or a dict of links, of which ``'main'`` is called.
        converter: Makes arrays of a batch.
        device: Where to send the arrays; ``None`` leaves them where they are.
        eval_hook: Called with the evaluator before each evaluation.
        eval_func: Called with the arrays of a batch; ``None`` is the main target.
        progress_bar: Whether to show a bar on a terminal or in a notebook.

    Attributes:
        converter: As given.
        device: As given, resolved.
        eval_hook: As given.
        eval_func: As given.

    Raises:
        TypeError: An unknown argument.

    Example:
        >>> import chainer
        >>> from chainer.training.extensions import Evaluator
        >>> import chainer.links as L
        >>> import numpy as np
        >>> data = [(np.ones(3, "float32"), np.int32(0))] * 5
        >>> iterator = chainer.iterators.SerialIterator(data, 2, repeat=False, shuffle=False)
        >>> sorted(Evaluator(iterator, L.Classifier(L.Linear(3, 2)))())
        ['main/accuracy', 'main/loss']
    """

    trigger = (1, "epoch")
    default_name = "validation"
    priority = PRIORITY_WRITER

    def __init__(
        self,
        iterator: Any,
        target: Any,
        converter: Callable[..., Any] = concat_examples,
        device: DeviceSpec | None = None,
        eval_hook: Callable[[Evaluator], None] | None = None,
        eval_func: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        (self._progress_bar,) = argument.parse_kwargs(kwargs, ("progress_bar", False))
        self._iterators: dict[str, Any] = iterator if isinstance(iterator, dict) else {"main": iterator}
        self._targets: dict[str, Any] = target if isinstance(target, dict) else {"main": target}
        self.converter = converter
        self.device = None if device is None else backend.get_device(device)
        self.eval_hook = eval_hook
        self.eval_func = eval_func
        for name, it in self._iterators.items():
            if getattr(it, "repeat", False):
                warnings.warn(
                    f"iterator {name!r} of the evaluator repeats, so evaluation never ends; make it with repeat=False",
                    stacklevel=2,
                )

    def get_iterator(self, name: str) -> Any:
        """The iterator of a name."""
        return self._iterators[name]

    def get_all_iterators(self) -> dict[str, Any]:
        """All iterators by name."""
        return dict(self._iterators)

    def get_target(self, name: str) -> Any:
        """The target link of a name."""
        return self._targets[name]

    def get_all_targets(self) -> dict[str, Any]:
        """All target links by name."""
        return dict(self._targets)

    def __call__(self, trainer: Trainer | None = None) -> Observation:
        """Evaluates and reports; returns the means by name.

        Args:
            trainer: Not used: an evaluation needs no training.
        """
        reporter = Reporter()
        prefix = "" if self.name is None else self.name + "/"
        for name, target in self._targets.items():
            reporter.add_observer(prefix + name, target)
            reporter.add_observers(prefix + name, target.namedlinks(skipself=True))
        with reporter, using_config("train", False):
            means = self.evaluate()
        report(means)
        return means

    def evaluate(self) -> Observation:
        """Runs the model over the data set once and returns the mean of each reported value."""
        if self.eval_hook is not None:
            self.eval_hook(self)
        eval_func = self._targets["main"] if self.eval_func is None else self.eval_func
        summary = DictSummary()
        for batch in self._batches():
            observation: Observation = {}
            with report_scope(observation):
                args, kwargs = as_arguments(_call_converter(self.converter, batch, self.device))
                with using_config("enable_backprop", False):
                    eval_func(*args, **kwargs)
            summary.add(observation)
        return summary.compute_mean()

    def _batches(self) -> Iterable[Any]:
        iterator = self._iterators["main"]
        if hasattr(iterator, "reset"):
            iterator.reset()
        else:
            iterator = copy.copy(iterator)
        if not (self._progress_bar and is_live(None)):
            yield from iterator
            return
        with bar("validation", 50) as show:
            for batch in iterator:
                show(getattr(iterator, "epoch_detail", 0.0))
                yield batch

    def finalize(self) -> None:
        """Ends the workers of the iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()
