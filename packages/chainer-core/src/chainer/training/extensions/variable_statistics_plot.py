"""Plot of the distribution of variables over time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from chainer import backend
from chainer.link import Link
from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional, optional_child
from chainer.training.extension import Extension
from chainer.training.extensions import _plot
from chainer.training.triggers._get_trigger import get_trigger
from chainer.types import NdArray
from chainer.utils import argument
from chainer.utils.atomic_file import replacing
from chainer.variable import Variable

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

_SIGMAS = (0, 0.13, 2.28, 15.87, 50, 84.13, 97.72, 99.87, 100)


class Reservoir:
    """Uniform sample, of limited size, of a stream of arrays (Vitter's algorithm R, ACM TOMS 1985).

    Args:
        size: How many arrays to keep at most.
        data_shape: Shape of each.
        dtype: Their dtype.
    """

    def __init__(self, size: int, data_shape: tuple[int, ...], dtype: Any = numpy.float32) -> None:
        self.size = size
        self.data = numpy.zeros((size, *data_shape), dtype)
        self.idxs = numpy.zeros(size, numpy.int32)
        self.counter = 0

    def add(self, x: NdArray, idx: int | None = None) -> None:
        """Adds an array, or drops it, so that each one so far is kept with the same probability.

        Args:
            x: The array.
            idx: Its position on the time axis; ``None`` is its number.
        """
        if self.counter < self.size:
            slot = self.counter
        else:
            # A generator of its own, so that plotting does not change what the training draws.
            slot = int(numpy.random.default_rng(self.counter).integers(self.counter + 1))
        if slot < self.size:
            self.data[slot] = x
            self.idxs[slot] = self.counter if idx is None else idx
        self.counter += 1

    def get_data(self) -> tuple[NdArray, NdArray]:
        """Positions and arrays, in the order of the positions."""
        n = min(self.counter, self.size)
        order = numpy.argsort(self.idxs[:n], kind="stable")
        return self.idxs[order], self.data[order]

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the sample; an older file leaves it empty."""
        self.data = optional(serializer, "data", self.data)
        self.idxs = optional(serializer, "idxs", self.idxs)
        self.counter = optional(serializer, "counter", self.counter)


class Statistician:
    """Computes statistics of arrays.

    Args:
        collect_mean: Whether to compute the mean.
        collect_std: Whether to compute the standard deviation.
        percentile_sigmas: Percentiles to compute, in percent; none if it is empty.
    """

    def __init__(self, collect_mean: bool, collect_std: bool, percentile_sigmas: float | Sequence[float]) -> None:
        self.collect_mean = collect_mean
        self.collect_std = collect_std
        self.percentile_sigmas = percentile_sigmas

    def collect(self, x: NdArray, axis: int | tuple[int, ...]) -> dict[str, NdArray]:
        """Statistics by name: ``mean``, ``std``, ``percentile`` (whose first axis runs over the percentiles).

        Args:
            x: Array.
            axis: Axis or axes to reduce.
        """
        statistics = {}
        if self.collect_mean:
            statistics["mean"] = x.mean(axis=axis)
        if self.collect_std:
            statistics["std"] = x.std(axis=axis)
        if numpy.size(self.percentile_sigmas):
            statistics["percentile"] = backend.get_array_module(x).percentile(x, self.percentile_sigmas, axis=axis)
        return statistics


class VariableStatisticsPlot(Extension):
    """Plots mean, standard deviation and percentiles of variables over the training.

    All elements of all variables make one distribution. Of long trainings, a random sample of iterations is shown.
    Needs matplotlib (``pip install 'chainer[plot]'``); without it there is a warning, and no picture.

    Args:
        targets: Variables or links (of which the parameters are taken): one, or several.
        max_sample_size: How many iterations to show at most.
        report_data: Whether to plot the values.
        report_grad: Whether to plot the gradients.
        plot_mean: Whether to plot the mean.
        plot_std: Whether to plot the standard deviation.
        percentile_sigmas: Percentiles to plot, in percent.
        trigger: When to save the picture: a trigger, or its period and unit.
        filename: Name of the file in the trainer's ``out``; ``None`` is ``statistics.png``.
        figsize: Width and height in inches.
        marker: Marker of each point, as matplotlib names it.
        grid: Whether to draw a grid.
        file_name: Former name of ``filename``.

    Raises:
        TypeError: An unknown argument.
        ValueError: There is no variable.
    """

    def __init__(
        self,
        targets: Variable | Link | Iterable[Variable | Link],
        max_sample_size: int = 1000,
        report_data: bool = True,
        report_grad: bool = True,
        plot_mean: bool = True,
        plot_std: bool = True,
        percentile_sigmas: float | Sequence[float] = _SIGMAS,
        trigger: Any = (1, "epoch"),
        filename: str | None = None,
        figsize: tuple[float, float] | None = None,
        marker: str | None = None,
        grid: bool = True,
        **kwargs: Any,
    ) -> None:
        (file_name,) = argument.parse_kwargs(kwargs, ("file_name", "statistics.png"))
        self._vars = _variables(targets)
        self._keys = ["data"] * report_data + ["grad"] * report_grad
        self._statistician = Statistician(plot_mean, plot_std, percentile_sigmas)
        self._trigger = get_trigger(trigger)
        self._filename = file_name if filename is None else filename
        self._figsize = figsize
        self._marker = marker
        self._grid = grid
        n_statistics = plot_mean + plot_std + numpy.size(percentile_sigmas)
        self._samples = Reservoir(max_sample_size, (len(self._keys), int(n_statistics)))
        _plot.is_available()

    @staticmethod
    def available() -> bool:
        """Whether matplotlib is installed; warns if not."""
        return _plot.is_available()

    def __call__(self, trainer: Trainer) -> None:
        """Adds the statistics of now and, if it is time, saves the picture."""
        if not _plot.is_available():
            return
        rows = [self._row(key) for key in self._keys]
        self._samples.add(numpy.array(rows, numpy.float32), idx=trainer.updater.iteration)
        if self._trigger(trainer):
            from matplotlib import pyplot

            self.save_plot_using_module(os.path.join(trainer.out, self._filename), pyplot)

    def _row(self, key: str) -> NdArray:
        arrays = [getattr(variable, key) for variable in self._vars if variable.array is not None]
        parts = [array.ravel() for array in arrays if array is not None]
        width = self._samples.data.shape[2]
        if not parts:  # not initialized, or no gradient yet: a gap in the line
            return numpy.full(width, numpy.nan)
        x = backend.get_array_module(parts[0]).concatenate(parts)
        statistics = self._statistician.collect(x, axis=0)
        return numpy.concatenate([numpy.atleast_1d(backend.cuda.to_cpu(value)) for value in statistics.values()])

    def save_plot_using_module(self, file_path: str, plt: Any) -> None:
        """Saves the picture.

        Args:
            file_path: Where to.
            plt: The module ``matplotlib.pyplot``.
        """
        iterations, data = self._samples.get_data()  # (T,), (T, keys, statistics)
        names = self._names()
        figure, axes = plt.subplots(
            max(len(names), 1), len(self._keys), figsize=self._figsize, sharex=True, squeeze=False
        )
        row = 0
        for row, (name, columns) in enumerate(names.items()):
            for column, key in enumerate(self._keys):
                ax = axes[row, column]
                for index, label in columns:
                    ax.plot(iterations, data[:, column, index], marker=self._marker, label=label)
                ax.set_ylabel(name)
                ax.grid(self._grid)
                if len(columns) > 1:
                    ax.legend(fontsize="x-small")
                if row == 0:
                    ax.set_title(key)
                if row == len(names) - 1:
                    ax.set_xlabel("iteration")
        figure.tight_layout()
        with replacing(file_path) as unfinished:
            figure.savefig(unfinished, format=os.path.splitext(file_path)[1].lstrip(".") or "png")
        plt.close(figure)

    def _names(self) -> dict[str, list[tuple[int, str]]]:
        """Title of each row of the picture, with the position and the label of each of its lines."""
        names: dict[str, list[tuple[int, str]]] = {}
        index = 0
        for name, is_wanted in (("mean", self._statistician.collect_mean), ("std", self._statistician.collect_std)):
            if is_wanted:
                names[name] = [(index, name)]
                index += 1
        percentiles = numpy.atleast_1d(self._statistician.percentile_sigmas)
        if percentiles.size:
            names["percentile"] = [(index + offset, f"{p:g} %") for offset, p in enumerate(percentiles)]
        return names

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the sample, which snapshots of chainer 7.8.1 lack."""
        optional_child(self._trigger, serializer["_trigger"])
        self._samples.serialize(serializer["_samples"])


def _variables(targets: Variable | Link | Iterable[Variable | Link]) -> list[Variable]:
    variables: list[Variable] = []
    for target in targets if isinstance(targets, Iterable) and not isinstance(targets, Variable | Link) else [targets]:
        if isinstance(target, Variable):
            variables.append(target)
        elif isinstance(target, Link):
            variables.extend(target.params())
        else:
            raise TypeError(f"targets must be Variables or links, got {type(target).__name__}")
    if not variables:
        raise ValueError("targets must hold at least one variable or parameter")
    return variables
