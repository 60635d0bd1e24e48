"""Parts of parameters: what each rank updates when the ranks share that work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
from chainer import Link, Parameter, UpdateRule
from chainer.types import NdArray

from chainermn._buckets import Bucket, Buckets
from chainermn.communicators import _wire


def part_of(size: int, rank: int, n_ranks: int) -> slice:
    """Which elements of a flattened parameter belong to a rank.

    All parts have the size of the first, but for the last ones. That does not depend on what else there is in the
    model, so a state that was saved fits whatever buckets there are later.

    Example:
        >>> [part_of(10, rank, 4) for rank in range(4)]
        [slice(0, 3, None), slice(3, 6, None), slice(6, 9, None), slice(9, 10, None)]
    """
    width = -(-size // n_ranks)
    return slice(min(rank * width, size), min((rank + 1) * width, size))


class Parts(Link):
    """This rank's part of a model: of each parameter a flat view, as a parameter of the same name and update rule.

    Args:
        model: The model.
        rank: This rank.
        n_ranks: Number of ranks.
    """

    def __init__(self, model: Link, rank: int, n_ranks: int) -> None:
        super().__init__()
        self._place = rank, n_ranks
        self._wholes = {path: param for path, param in model.namedparams() if param.array is not None}
        self._arrays: dict[str, NdArray] = {}
        self._parts: dict[str, Parameter] = {}
        self.follow()

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """The parts, in the order of the model's parameters."""
        yield from self._parts.values()

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """The parts with the paths of the model's parameters."""
        yield from self._parts.items()

    def follow(self) -> None:
        """Looks for arrays and update rules of the model that are others than before."""
        for path, whole in self._wholes.items():
            known = self._arrays.get(path)
            if known is None or known is not whole.array or not known.flags.c_contiguous:
                self._arrays[path] = whole.array
                view = whole.array.reshape(-1)[part_of(whole.size, *self._place)]
                self._parts[path] = Parameter(view, name=whole.name)
            part = self._parts[path]
            part.update_rule = whole.update_rule
            if part.update_rule is not None:
                cut_state(part.update_rule, whole, *self._place)

    def pairs(self) -> Iterator[tuple[Parameter, Parameter]]:
        """Each parameter of the model with its part."""
        for path, part in self._parts.items():
            yield self._wholes[path], part


def cut_state(rule: UpdateRule, whole: Parameter, rank: int, n_ranks: int) -> None:
    """Leaves a rule the state of one part, where it has that of the whole parameter."""
    part = part_of(whole.size, rank, n_ranks)
    n = part.stop - part.start
    for name, value in (rule.state or {}).items():
        shape = getattr(value, "shape", ())
        if shape == (n,) or (shape == () != whole.shape):  # a number is that of all elements
            continue
        if shape != whole.shape:
            raise ValueError(
                f"state {name!r} of {type(rule).__name__} must have the shape {whole.shape} of its parameter, or that "
                f"of the part of rank {rank} of {n_ranks}, {(n,)}; it has {shape}"
            )
        rule.state[name] = value.reshape(-1)[part].copy()  # type: ignore[index]


class PartBuckets(Buckets):
    """Buckets of which each rank gets the mean of its part; see :class:`Buckets`."""

    def _kind(self, param: Parameter) -> Any:
        return param.dtype  # parameters travel in these buckets too

    def _send(self, bucket: Bucket, after: Any) -> NdArray:
        return self._communicator.mean_of_part(bucket.buffer, after)

    def finish(self, parts: Parts, loss_scale: float | None = None) -> None:
        """Backward has ended: waits for the means and makes them the gradients of the parts.

        Args:
            parts: This rank's.
            loss_scale: What the gradients are to be divided by.
        """
        self._send_rest()
        means = {}
        for bucket in self._buckets:
            assert bucket.sent is not None
            mean = bucket.sent.result()
            if loss_scale is not None:
                mean *= 1 / loss_scale
            means[id(bucket)] = mean
        for whole, part in parts.pairs():
            place = self._places[id(whole)]
            mean = means[id(place.bucket)][place.columns][: part.size]
            part.grad = _wire.as_given(mean.astype(part.dtype, copy=False), part.array)

    def spread(self, parts: Parts) -> None:
        """Gives all ranks the parts of all."""
        of = {id(whole): part for whole, part in parts.pairs()}
        on_its_way: list[Any] = []
        for bucket in self._buckets:
            # One is unpacked while the next one travels: memory for two at most.
            on_its_way.append(self._spread(bucket, of))
            if len(on_its_way) == 2:
                self._receive(*on_its_way.pop(0))
        for each in on_its_way:
            self._receive(*each)

    def _spread(self, bucket: Bucket, parts: dict[int, Parameter]) -> Any:
        dtype = numpy.dtype(bucket.params[0].dtype)
        # The gradients are used up, so parameters of their dtype need no memory of their own.
        everyone = bucket.buffer
        if everyone.dtype != dtype:
            everyone = self._communicator.empty(everyone.size, dtype, bucket.params[0]).reshape(everyone.shape)
        mine = everyone[self._communicator.rank]
        mine[...] = 0
        for param in bucket.params:
            part = parts[id(param)]
            part.cleargrad()  # it may be a view of the same memory
            start = self._places[id(param)].columns.start
            mine[start : start + part.size] = self._communicator.on_wire(part.array)
        return (
            bucket,
            everyone,
            self._submit(self._communicator.allgather_parts, mine, everyone, self._communicator.mark()),
        )

    def _receive(self, bucket: Bucket, everyone: NdArray, arrival: Any) -> None:
        arrival.result()
        for param in bucket.params:
            place = self._places[id(param)]
            if isinstance(param.array, numpy.ndarray) or not isinstance(everyone, numpy.ndarray):
                place.take(everyone, param.array)
            else:  # a GPU's, through the host
                values = numpy.empty(param.shape, everyone.dtype)
                place.take(everyone, values)
                param.array[...] = _wire.as_given(values, param.array)
