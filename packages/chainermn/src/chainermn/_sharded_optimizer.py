"""Each rank updates one part of every parameter and gets the others from the other ranks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy
from chainer import Deserializer, UpdateRule
from chainer.serializers import NpzDeserializer

from chainermn._buckets import Buckets
from chainermn._multi_node_optimizer import MultiNodeOptimizer, optional
from chainermn._parts import PartBuckets, Parts, cut_state


class ShardedOptimizer(MultiNodeOptimizer):
    """The optimizer of ``create_multi_node_optimizer(sharded=True)``.

    The actual optimizer works on :class:`Parts` instead of the model, so update rules make states for these alone.
    """

    buckets_class: type[Buckets] = PartBuckets

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._set_own(_parts=None, _files=None)

    @property
    def n_parts(self) -> int:
        return int(self.communicator.size)

    def _update_by_present(self) -> None:
        self.actual_optimizer.unscale_gradients()
        if not self._has_buckets():
            self._make_buckets([])
        self._buckets.begin()
        self._finish(None)

    def _finish(self, loss_scale: float | None) -> None:
        actual = self.actual_optimizer
        if refused := actual.needs_whole_parameters():
            raise ValueError(
                f"sharded updates need rules and hooks that work on parts of parameters, but {', '.join(refused)} may "
                "look at whole ones; pass sharded=False, or give a hook that treats each element by itself a true "
                "attribute works_on_parts"
            )
        if self._parts is None:
            self._set_own(_parts=Parts(actual.target, self.communicator.rank, self.communicator.size))
        self._parts.follow()
        self._buckets.finish(self._parts, loss_scale)
        with self._on_parts():
            actual.update(None)
        self._buckets.spread(self._parts)

    def _drop_buckets(self) -> None:
        super()._drop_buckets()
        self._set_own(_parts=None)

    @contextmanager
    def _on_parts(self) -> Iterator[None]:
        actual, model = self.actual_optimizer, self.actual_optimizer.target
        actual.target, actual.sum_over_parts = self._parts, self._sum
        try:
            yield
        finally:
            actual.target = model
            del actual.sum_over_parts

    def _sum(self, value: float) -> float:
        # All ranks add the same numbers in the same way, or they would take different decisions.
        return math.fsum(float(each) for each in self.communicator.allgather(numpy.array(value, numpy.float64)))

    @contextmanager
    def joining(self, files: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """In this scope, states that another number of ranks has saved can be loaded.

        Args:
            files: What these ranks have saved by :func:`chainer.serializers.save_npz`, in their order.
        """
        self._set_own(_files=files)
        try:
            yield
        finally:
            self._set_own(_files=None)

    def _serialize_states(self, serializer: Any) -> None:
        """Counters and the states of this rank's part; states in a file without parts are cut.

        Raises:
            ValueError: The file is that of another rank, or of another number of ranks, outside :meth:`joining`.
        """
        actual, here = self.actual_optimizer, [self.communicator.rank, self.communicator.size]
        place: Any = here
        if isinstance(serializer, Deserializer):
            place = optional(serializer, "part")
            is_foreign = place is not None and list(place) != here
            if is_foreign and self._files is None:
                raise ValueError(
                    f"the file has the states of part {place[0]} of {place[1]} of the parameters, but this is rank "
                    f"{here[0]} of {here[1]}: sharded states resume on as many ranks as saved them, each from its own "
                    "file, and by create_multi_node_checkpointer on any number"
                )
        else:
            serializer("part", numpy.array(here))
            is_foreign = False
        actual.t, actual.epoch = int(serializer("t", actual.t)), int(serializer("epoch", actual.epoch))
        for path, param in actual.target.namedparams():
            rule = param.update_rule
            if rule is None:
                continue
            if place is not None and not is_foreign:
                rule.serialize(serializer["states"][path])
                continue
            if is_foreign:
                _load_whole(rule, NpzDeserializer(_join(self._files, serializer["states"][path].path, param.shape)))
            else:
                _load_whole(rule, serializer[path])
            cut_state(rule, param, *here)


def _load_whole(rule: UpdateRule, serializer: Any) -> None:
    if rule.state is None:
        rule.serialize(serializer)
        return
    rule.t = int(serializer("t", rule.t))
    for name in rule.state:  # whatever their shapes are now
        rule.state[name] = serializer(name, None)


def _join(files: Sequence[Mapping[str, Any]], path: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """The states of one parameter, of which each file has a part."""
    joined = {}
    for name in files[0]:
        if name.startswith(path):
            parts = [file[name] for file in files]
            joined[name.removeprefix(path)] = numpy.concatenate(parts).reshape(shape) if parts[0].ndim else parts[0]
    return joined
