"""Plot of observed values."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer, Serializer
from chainer.training._resume import optional_child
from chainer.training.extension import Extension
from chainer.training.extensions import _plot
from chainer.training.triggers._get_trigger import get_trigger
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class PlotReport(Extension):
    """Plots the means of observed values over the training and saves the picture at the end of each interval.

    Needs matplotlib (``pip install 'chainer[plot]'``); without it there is a warning, and no picture.

    Args:
        y_keys: Names of the values: a name, or several.
        x_key: What goes along: ``'iteration'``, ``'epoch'`` or the name of an observed value.
        trigger: When an interval ends: a trigger, or its period and unit.
        postprocess: Function of the figure, its axes and the :class:`~chainer.reporter.DictSummary` of the interval, to
            change the picture before it is saved.
        filename: Name of the file in the trainer's ``out``; ``None`` is ``plot.png``.
        marker: Marker of each point, as matplotlib names it.
        grid: Whether to draw a grid.
        file_name: Former name of ``filename``.

    Raises:
        TypeError: An unknown argument.
    """

    def __init__(
        self,
        y_keys: str | Iterable[str],
        x_key: str = "iteration",
        trigger: Any = (1, "epoch"),
        postprocess: Callable[[Any, Any, DictSummary], None] | None = None,
        filename: str | None = None,
        marker: str | None = "x",
        grid: bool = True,
        **kwargs: Any,
    ) -> None:
        (file_name,) = argument.parse_kwargs(kwargs, ("file_name", "plot.png"))
        self._x_key = x_key
        self._y_keys = [y_keys] if isinstance(y_keys, str) else list(y_keys)
        self._trigger = get_trigger(trigger)
        self._postprocess = postprocess
        self._file_name = file_name if filename is None else filename
        self._marker = marker
        self._grid = grid
        self._summary = DictSummary()
        self._data: dict[str, list[tuple[float, float]]] = {key: [] for key in self._y_keys}
        _plot.is_available()

    @staticmethod
    def available() -> bool:
        """Whether matplotlib is installed; warns if not."""
        return _plot.is_available()

    def __call__(self, trainer: Trainer) -> None:
        """Adds the observation and, at the end of an interval, saves the picture."""
        keys = {*self._y_keys, self._x_key}
        self._summary.add({key: value for key, value in trainer.observation.items() if key in keys})
        if not self._trigger(trainer):
            return
        means = self._summary.compute_mean()
        means["iteration"] = trainer.updater.iteration
        means["epoch"] = trainer.updater.epoch
        for key in self._y_keys:
            if key in means and self._x_key in means:
                self._data[key].append((means[self._x_key], float(means[key])))
        summary, self._summary = self._summary, DictSummary()
        if _plot.is_available():
            self._save(os.path.join(trainer.out, self._file_name), summary)

    def _save(self, path: str, summary: DictSummary) -> None:
        figure = _plot.new_figure()
        axes = figure.add_subplot(xlabel=self._x_key)
        for key, points in self._data.items():
            if points:
                axes.plot(*zip(*points), marker=self._marker, label=key)
        if axes.has_data():
            axes.grid(self._grid)
            axes.legend()
            if self._postprocess is not None:
                self._postprocess(figure, axes, summary)
            _plot.save_figure(figure, path)

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the points and, what snapshots of chainer 7.8.1 lack, the interval in progress."""
        key = f"_plot_{self._file_name}"
        if isinstance(serializer, Serializer):
            serializer(key, json.dumps(self._data))
        else:
            stored = json.loads(str(serializer(key, json.dumps(self._data))))
            self._data = {name: [tuple(point) for point in stored.get(name, [])] for name in self._y_keys}
        optional_child(self._trigger, serializer["_trigger"])
        optional_child(self._summary, serializer["_summary"])
