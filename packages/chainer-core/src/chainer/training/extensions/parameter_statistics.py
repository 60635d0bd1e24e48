"""Statistics of parameters and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy

from chainer import backend
from chainer.link import Link
from chainer.reporter import DictSummary
from chainer.serializer import AbstractSerializer
from chainer.training._resume import optional_child
from chainer.training.extension import PRIORITY_WRITER, Extension
from chainer.training.triggers._get_trigger import get_trigger
from chainer.types import NdArray

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

Statistic = Callable[[NdArray], Any]

_SIGMAS = (0.13, 2.28, 15.87, 50, 84.13, 97.72, 99.87)  # percentiles of a normal distribution at -3 to 3 sigmas


def _percentile(x: NdArray) -> NdArray:
    return backend.get_array_module(x).percentile(x, _SIGMAS)


class ParameterStatistics(Extension):
    """Reports statistics of the parameters of links, and of their gradients, averaged over an interval.

    They are named after :attr:`report_key_template`, for example ``predictor/l1/W/grad/mean``. A statistic that is an
    array is reported by element: ``.../percentile/0`` and so on.

    Args:
        links: A link, or several.
        statistics: Functions from an array to a number or a one-dimensional array, by name; ``'default'`` are
            :attr:`default_statistics`, ``None`` is none (see :meth:`register_statistics`).
        report_params: Whether to report the parameters.
        report_grads: Whether to report the gradients. One that is missing is left out.
        prefix: What the names begin with.
        trigger: When an interval ends: a trigger, or its period and unit.
        skip_nan_params: Whether the statistics of an array with NaN are NaN, and not what the functions make of it.
    """

    default_name = "parameter_statistics"
    priority = PRIORITY_WRITER
    report_key_template = "{prefix}{link_name}{param_name}/{attr_name}/{function_name}"
    default_statistics: ClassVar[Mapping[str, Statistic]] = {
        "mean": lambda x: x.mean(),
        "std": lambda x: x.std(),
        "min": lambda x: x.min(),
        "max": lambda x: x.max(),
        "zeros": lambda x: (x == 0).sum(),
        "percentile": _percentile,
    }

    def __init__(
        self,
        links: Link | Iterable[Link],
        statistics: Mapping[str, Statistic] | str | None = "default",
        report_params: bool = True,
        report_grads: bool = True,
        prefix: str | None = None,
        trigger: Any = (1, "epoch"),
        skip_nan_params: bool = False,
    ) -> None:
        if isinstance(statistics, str):
            if statistics != "default":
                raise ValueError(f"statistics must be a dict of functions, 'default' or None, got {statistics!r}")
            statistics = self.default_statistics
        self._links = (links,) if isinstance(links, Link) else tuple(links)
        self._statistics = dict(statistics or {})
        self._attrs = ["data"] * report_params + ["grad"] * report_grads
        self._prefix = prefix
        self._trigger = get_trigger(trigger)
        self._summary = DictSummary()
        self._skip_nan_params = skip_nan_params

    def register_statistics(self, name: str, function: Statistic) -> None:
        """Adds a statistic.

        Args:
            name: Its name.
            function: From an array to a number or a one-dimensional array.
        """
        self._statistics[name] = function

    def __call__(self, trainer: Trainer) -> None:
        """Adds the statistics of now and, at the end of an interval, observes their means."""
        for link in self._links:
            for param_name, param in link.namedparams(include_uninit=False):
                for attr_name in self._attrs:
                    array = getattr(param, attr_name)
                    if array is not None:
                        self._add(link.name, param_name, attr_name, array)
        if self._trigger(trainer):
            trainer.observation.update(self._summary.compute_mean())
            self._summary = DictSummary()

    def _add(self, link_name: str | None, param_name: str, attr_name: str, array: NdArray) -> None:
        # A link that belongs to no other has no name, and was published with this one.
        names = {"prefix": "" if self._prefix is None else self._prefix + "/", "link_name": link_name}
        is_nan = self._skip_nan_params and bool(backend.get_array_module(array).isnan(array).any())
        for function_name, function in self._statistics.items():
            key = self.report_key_template.format(
                **names, param_name=param_name, attr_name=attr_name, function_name=function_name
            )
            value: Any = numpy.nan if is_nan else function(array)
            if getattr(value, "ndim", 0) == 0:
                self._summary.add({key: value})
            else:
                self._summary.add({f"{key}/{index}": element for index, element in enumerate(value)})

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores the interval in progress, which snapshots of chainer 7.8.1 lack."""
        optional_child(self._trigger, serializer["_trigger"])
        optional_child(self._summary, serializer["_summary"])
