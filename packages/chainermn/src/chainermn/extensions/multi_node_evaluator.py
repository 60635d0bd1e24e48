"""Evaluation shared by all ranks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import chainer
from chainer.dataset import concat_examples
from chainer.training import PRIORITY_WRITER, Extension

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

if TYPE_CHECKING:
    from chainer.training import Trainer


def create_multi_node_evaluator(actual_evaluator: Any, communicator: MpiCommunicatorBase) -> Any:
    """Makes an evaluator return the means over ranks, each of which evaluates its own part of the data.

    A value that only some ranks report is averaged over these.

    Args:
        actual_evaluator: The evaluator; it is changed and returned.
        communicator: The ranks.

    Example:
        >>> import chainer, chainermn, numpy as np
        >>> import chainer.links as L
        >>> comm = chainermn.create_communicator("naive")
        >>> iterator = chainer.iterators.SerialIterator([(np.ones(3, "f"), np.int32(0))], 1, repeat=False)
        >>> evaluator = chainer.training.extensions.Evaluator(iterator, L.Classifier(L.Linear(3, 2)))
        >>> sorted(chainermn.create_multi_node_evaluator(evaluator, comm)())
        ['main/accuracy', 'main/loss']
    """
    actual_evaluator._mn_original_evaluate = actual_evaluator.evaluate
    actual_evaluator._mn_communicator = communicator

    def evaluate() -> dict[str, Any]:
        own = {name: _plain(value) for name, value in actual_evaluator._mn_original_evaluate().items()}
        by_rank = communicator.allgather_obj(own)
        names = sorted(set(itertools.chain.from_iterable(by_rank)))
        found = {name: [values[name] for values in by_rank if name in values] for name in names}
        return {name: sum(values) / len(values) for name, values in found.items()}

    actual_evaluator.evaluate = evaluate
    return actual_evaluator


class GenericMultiNodeEvaluator(Extension):
    """Base of evaluators whose result is not a mean: ranks compute, one of them sums up.

    Define :meth:`calc_local`, which is called with each batch of this rank, and :meth:`aggregate`, which is called
    on rank ``root`` with the results of all ranks: those of the first batches by rank, then those of the second ones,
    and so on.

    Args:
        comm: The ranks.
        iterator: Over the data of this rank, with ``repeat=False``.
        target: The model, or any function.
        device: Where to send the arrays of a batch.
        converter: Makes arrays of a batch; ``None`` passes the batch on as it is.
        root: The rank that sums up and reports.
        kwargs: ``progress_bar`` is accepted and has no effect.
    """

    trigger = (1, "epoch")
    default_name = "validation"
    priority = PRIORITY_WRITER

    def __init__(
        self,
        comm: MpiCommunicatorBase,
        iterator: Any,
        target: Any,
        device: Any = None,
        converter: Callable[..., Any] | None = concat_examples,
        root: int = 0,
        **kwargs: Any,
    ) -> None:
        chainer.utils.argument.parse_kwargs(kwargs, ("progress_bar", False))
        self.comm = comm
        self.iterator = iterator
        self._targets = {"main": target}
        self.device = device
        self.converter = converter
        self.root = root

    def calc_local(self, *args: Any, **kwargs: Any) -> Any:
        """The result of a batch.

        Args:
            args: The batch as the converter makes it.
            kwargs: The same, if it makes a dict.
        """
        raise NotImplementedError(f"{type(self).__name__} must define calc_local")

    def aggregate(self, results: list[Any]) -> dict[str, Any]:
        """What to report, by name.

        Args:
            results: What :meth:`calc_local` returned on all ranks.
        """
        raise NotImplementedError(f"{type(self).__name__} must define aggregate")

    def __call__(self, trainer: Trainer | None) -> dict[str, Any] | None:
        """Evaluates; returns and reports the result on rank ``root``, ``None`` on the others.

        Args:
            trainer: Not used.
        """
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            own = [self._calc(batch) for batch in self._batches()]
        by_rank = self.comm.gather_obj(own, self.root)
        if by_rank is None:
            return None
        missing = object()
        rounds = itertools.zip_longest(*by_rank, fillvalue=missing)
        observation = self.aggregate([result for each in rounds for result in each if result is not missing])
        prefix = "" if self.name is None else f"{self.name}/"
        chainer.report({prefix + name: value for name, value in observation.items()})
        return observation

    def _batches(self) -> Iterable[Any]:
        self.iterator.reset()
        return iter(self.iterator)

    def _calc(self, batch: Any) -> Any:
        converted = batch if self.converter is None else self.converter(batch, self.device)
        if isinstance(converted, tuple):
            return self.calc_local(*converted)
        if isinstance(converted, dict):
            return self.calc_local(**converted)
        return self.calc_local(converted)


def _plain(value: Any) -> Any:
    array = getattr(value, "array", value)
    return array.item() if hasattr(array, "item") and getattr(array, "size", 1) == 1 else array
