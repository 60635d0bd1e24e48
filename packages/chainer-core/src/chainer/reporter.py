"""Reporting of observed values: from anywhere inside a training step to whoever logs it."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeAlias

import numpy

from chainer import backend
from chainer.configuration import config
from chainer.serializer import AbstractSerializer, Serializer
from chainer.variable import Variable

Observation: TypeAlias = dict[str, Any]
"""Values by name, such as ``{'main/loss': 0.25}``."""


class _Current(threading.local):
    def __init__(self) -> None:
        self.reporters: list[Reporter] = []


_current = _Current()


class Reporter:
    """Collects reported values in a dictionary, under the names of those who report them.

    A trainer has a reporter, which knows the model under the name of its optimizer (``main``) and every link inside it
    under its path (``main/predictor``). While ``with reporter:`` or :meth:`scope` is active, :func:`report` reaches it.

    Attributes:
        observation: The dictionary that values are written to.

    Example:
        >>> import chainer
        >>> reporter = chainer.Reporter()
        >>> model = object()
        >>> reporter.add_observer("main", model)
        >>> observation = {}
        >>> with reporter.scope(observation):
        ...     chainer.report({"loss": 0.25}, model)
        >>> observation
        {'main/loss': 0.25}
    """

    def __init__(self) -> None:
        self._observer_names: dict[int, str] = {}
        self.observation: Observation = {}

    def __enter__(self) -> None:
        """Makes this the reporter that :func:`report` reaches in this thread."""
        _current.reporters.append(self)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _current.reporters.pop()

    @contextlib.contextmanager
    def scope(self, observation: Observation) -> Iterator[None]:
        """Makes this the current reporter and lets it write to ``observation`` inside a ``with`` block."""
        before, self.observation = self.observation, observation
        _current.reporters.append(self)
        try:
            yield
        finally:
            _current.reporters.pop()
            self.observation = before

    def add_observer(self, name: str, observer: object) -> None:
        """Registers ``observer``: its values are named ``name/...``.

        Args:
            name: Prefix of the values.
            observer: Any object. It is told by its identity and has to outlive the reporter.
        """
        self._observer_names[id(observer)] = name

    def add_observers(self, prefix: str, observers: Iterable[tuple[str, object]]) -> None:
        """Registers many observers.

        Args:
            prefix: Put before each name as it is.
            observers: Pairs of a name and an observer, as :meth:`chainer.Link.namedlinks` yields them.
        """
        for name, observer in observers:
            self.add_observer(prefix + name, observer)

    def report(self, values: Mapping[str, Any], observer: object | None = None) -> None:
        """Writes values to the current observation.

        The computational graph behind a Variable is let go, unless ``chainer.config.keep_graph_on_report`` is true:
        an observation outlives the step, and would keep all activations of it in memory.

        Args:
            values: Values by name.
            observer: Who reports. ``None`` means that the names are complete.

        Raises:
            KeyError: The observer is not registered.
        """
        observation = self.observation
        prefix = "" if observer is None else self._prefix(observer)
        keeps_graph = config.keep_graph_on_report
        for name, value in values.items():
            if isinstance(value, Variable) and not keeps_graph:
                value = Variable(value.array)
            observation[prefix + name] = value

    def _prefix(self, observer: object) -> str:
        try:
            return self._observer_names[id(observer)] + "/"
        except KeyError:
            raise KeyError(
                f"observer of type {type(observer).__name__} is not registered to the reporter; use add_observer first"
            ) from None


def get_current_reporter() -> Reporter:
    """The reporter that :func:`report` reaches in this thread.

    Raises:
        IndexError: There is none.
    """
    return _current.reporters[-1]


def report(values: Mapping[str, Any], observer: object | None = None) -> None:
    """Reports values to the current reporter; without one, nothing happens.

    Call it from the ``forward`` of a model, or from anywhere else inside a training step or an evaluation.

    Args:
        values: Values by name: scalars, 0-d arrays or Variables, or pairs ``(value, weight)``, which make the mean over
            an epoch a weighted one.
        observer: Who reports, usually ``self``. Its registered name is put before each name.

    Raises:
        KeyError: The observer is not registered to the current reporter.

    Example:
        >>> import chainer
        >>> reporter = chainer.Reporter()
        >>> with reporter:
        ...     chainer.report({"loss": 0.25})
        >>> reporter.observation
        {'loss': 0.25}
    """
    reporters = _current.reporters
    if reporters:
        reporters[-1].report(values, observer)


@contextlib.contextmanager
def report_scope(observation: Observation) -> Iterator[None]:
    """Lets the current reporter write to ``observation`` inside a ``with`` block.

    Args:
        observation: Dictionary to fill.

    Raises:
        IndexError: There is no current reporter.
    """
    reporter = get_current_reporter()
    before, reporter.observation = reporter.observation, observation
    try:
        yield
    finally:
        reporter.observation = before


class Summary:
    """Running mean and standard deviation of a value.

    Scalars are summed in float64, whatever their dtype and device; arrays elementwise in their own dtype.

    Example:
        >>> from chainer.reporter import Summary
        >>> summary = Summary()
        >>> summary.add(1.0)
        >>> summary.add(4.0, weight=2)
        >>> summary.compute_mean()
        3.0
    """

    def __init__(self) -> None:
        self._x: Any = 0.0
        self._x2: Any = 0.0
        self._n: Any = 0

    def add(self, value: Any, weight: Any = 1) -> None:
        """Adds a value.

        Args:
            value: Scalar or array.
            weight: Scalar; how many times the value counts.
        """
        value = _widen(value)
        weighted = _widen(weight) * value
        # Not in place: the sums may have been handed out.
        self._x = self._x + weighted
        self._x2 = self._x2 + weighted * value
        self._n = self._n + (weight if isinstance(weight, int) else _widen(weight))

    def compute_mean(self) -> Any:
        """Weighted mean of the values added so far."""
        return self._x / self._n

    def make_statistics(self) -> tuple[Any, Any]:
        """Weighted mean and (population) standard deviation of the values added so far."""
        mean = self._x / self._n
        variance = self._x2 / self._n - mean * mean
        # Rounding may leave a tiny negative number where all values are the same.
        if isinstance(variance, float):
            return mean, math.sqrt(max(variance, 0.0)) if variance == variance else variance
        xp = backend.get_array_module(variance)
        return mean, xp.sqrt(xp.maximum(variance, 0))

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the sums."""
        if isinstance(serializer, Serializer):
            for key in ("_x", "_x2", "_n"):
                serializer(key, getattr(self, key))
        else:
            for key in ("_x", "_x2", "_n"):
                stored = serializer(key, None)
                if stored is not None:
                    setattr(self, key, stored.item() if getattr(stored, "ndim", -1) == 0 else stored)


class DictSummary:
    """Running means and standard deviations of the scalars of many observations.

    Example:
        >>> from chainer.reporter import DictSummary
        >>> summary = DictSummary()
        >>> summary.add({"loss": 1.0, "correct": (0.5, 10)})
        >>> summary.add({"loss": 2.0, "correct": (0.2, 5)})
        >>> {name: round(mean, 3) for name, mean in summary.compute_mean().items()}
        {'loss': 1.5, 'correct': 0.4}
    """

    def __init__(self) -> None:
        self._summaries: dict[str, Summary] = {}

    def add(self, d: Mapping[str, Any]) -> None:
        """Adds the scalars of an observation; whatever is no scalar is passed over.

        Args:
            d: Scalars, 0-d arrays or Variables by name, or pairs of such a value and its weight.

        Raises:
            ValueError: A weight is no scalar.
        """
        for name, value in d.items():
            weight: Any = 1
            if isinstance(value, tuple) and len(value) == 2:
                value, weight = value
                weight = getattr(weight, "array", weight)
                if not _is_scalar(weight):
                    raise ValueError(f"the weight of {name!r} must be a scalar, got {type(weight).__name__}")
            if isinstance(value, Variable):
                value = value.array
            if not _is_scalar(value):
                continue
            summary = self._summaries.get(name)
            if summary is None:
                summary = self._summaries[name] = Summary()
            summary.add(value, weight)

    def compute_mean(self) -> dict[str, Any]:
        """Mean of each value, by name."""
        return {name: summary.compute_mean() for name, summary in self._summaries.items()}

    def make_statistics(self) -> dict[str, Any]:
        """Mean of each value under its name, standard deviation under ``NAME.std``."""
        statistics = {}
        for name, summary in self._summaries.items():
            statistics[name], statistics[name + ".std"] = summary.make_statistics()
        return statistics

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores all sums."""
        names = list(self._summaries)
        if isinstance(serializer, Serializer):
            serializer("_names", json.dumps(names))
        else:
            names = json.loads(str(serializer("_names", "")))
            self._summaries = {name: Summary() for name in names}
        for index, name in enumerate(names):
            # Names hold slashes, which separate the parts of a key: they are numbered instead.
            self._summaries[name].serialize(serializer["_summaries"][str(index)])


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (float, int)) or (getattr(value, "ndim", -1) == 0 and value.dtype.kind in "fiub")


def _widen(value: Any) -> Any:
    """A scalar of any dtype as a Python float or, on a GPU, as float64 without waiting for the device."""
    if isinstance(value, (float, int, numpy.generic)):
        return float(value)
    if isinstance(value, Variable):
        value = value.array
    if getattr(value, "ndim", -1) != 0:
        return value
    return float(value) if isinstance(value, numpy.ndarray) else value.astype(numpy.float64)
