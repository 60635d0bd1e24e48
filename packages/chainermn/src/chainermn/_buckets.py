"""Gradients in pieces that are on their way to the other ranks while backward still computes the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from chainer import Parameter, Variable
from chainer.types import NdArray

from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.timeline import Timeline


@dataclass(slots=True)
class Bucket:
    """Parameters whose gradients travel in one buffer, which has one row a part."""

    params: list[Parameter]
    buffer: NdArray
    n_missing: int = 0
    sent: Future[Any] | None = None


@dataclass(slots=True)
class Place:
    """Where a parameter lies in its bucket: each row of the buffer has one part of it, in these columns.

    Parts are of one size, but for the last ones of a parameter whose size is no multiple.
    """

    bucket: Bucket
    columns: slice
    is_filled: bool = False

    def put(self, values: NdArray, rows: NdArray) -> None:
        """Cuts values of the parameter into rows like those of the buffer."""
        flat, mine = values.reshape(-1), rows[:, self.columns]
        width = mine.shape[1]
        n_full, rest = divmod(flat.size, width or 1)
        mine[:n_full] = flat[: flat.size - rest].reshape(n_full, width)
        if rest:
            mine[n_full, :rest] = flat[flat.size - rest :]

    def take(self, rows: NdArray, values: NdArray) -> None:
        """Fills an array of the parameter's shape from such rows."""
        mine = rows[:, self.columns]
        flat = mine.reshape(-1)[: values.size]  # parts lie one after another, as the rows do
        values[...] = flat.reshape(values.shape)


class Buckets:
    """The gradients of a model in buckets, in the order in which backward finishes them.

    A bucket is on its way as soon as its last gradient is final, if those before it are. All ranks send the same
    buckets in the same order, so what a rank has no gradient for goes as zeros when its backward has ended. A subclass
    says how a bucket travels.

    Args:
        communicator: Used by nobody else: a thread of its own waits in it.
        params: Parameters in the order in which their gradients are expected.
        bucket_bytes: Size of a bucket; a larger parameter has one for itself.
        first_bytes: Size of the first bucket: while it is being filled, nothing can be hidden.
        is_overlapped: Whether buckets are sent while backward runs, rather than when it has ended.
        n_parts: Into how many parts parameters are cut.

    Attributes:
        timeline: When the gradients of the latest step travelled.
    """

    def __init__(
        self,
        communicator: MpiCommunicatorBase,
        params: Sequence[Parameter],
        bucket_bytes: int,
        first_bytes: int,
        is_overlapped: bool,
        n_parts: int = 1,
    ) -> None:
        self._communicator = communicator
        self._params = list(params)
        self._is_overlapped = is_overlapped
        self._n_parts = n_parts
        self._thread = ThreadPoolExecutor(1, "chainermn-gradients")
        self._buckets: list[Bucket] = []
        self._places: dict[int, Place] = {}
        self._n_sent = 0
        self.timeline = Timeline()
        for group in self._in_buckets(bucket_bytes, first_bytes):
            self._add(group)

    def _in_buckets(self, bucket_bytes: int, first_bytes: int) -> list[list[Parameter]]:
        groups: list[list[Parameter]] = []
        room, kind = 0, None
        for param in self._params:
            nbytes = param.size * self._communicator.wire_dtype(param.dtype).itemsize
            if nbytes > room or self._kind(param) != kind:
                room, kind = (bucket_bytes if groups else first_bytes), self._kind(param)
                groups.append([])
            groups[-1].append(param)
            room -= nbytes
        return groups

    def _kind(self, param: Parameter) -> Any:
        """What parameters in one bucket have in common."""
        return self._communicator.wire_dtype(param.dtype)

    def _add(self, params: list[Parameter]) -> None:
        ends = [0]
        for param in params:
            ends.append(ends[-1] + -(-param.size // self._n_parts))
        dtype = self._communicator.wire_dtype(params[0].dtype)
        buffer = self._communicator.empty(self._n_parts * ends[-1], dtype, params[0])
        self._communicator.keep(buffer)
        buffer[...] = 0  # what fills the last parts up stays zero
        bucket = Bucket(params, buffer.reshape(self._n_parts, ends[-1]))
        self._buckets.append(bucket)
        for param, start, end in zip(params, ends, ends[1:]):
            self._places[id(param)] = Place(bucket, slice(start, end))

    def are_of(self, params: Sequence[Parameter]) -> bool:
        """Whether these are the parameters that they were made for."""
        return len(params) == len(self._params) and all(id(param) in self._places for param in params)

    def begin(self) -> None:
        """A backward begins."""
        self.timeline = Timeline()
        self._n_sent = 0
        for bucket in self._buckets:
            bucket.n_missing, bucket.sent = len(bucket.params), None
        for place in self._places.values():
            place.is_filled = False

    def gradient_final(self, variable: Variable) -> None:
        """Takes over a gradient; what backward calls."""
        place = self._places.get(id(variable))
        if place is None:  # an input of the graph that is no parameter of the model
            return
        place.put(self._communicator.on_wire(variable.grad), place.bucket.buffer)
        place.is_filled = True
        # The bucket has it now, so the memory may serve the rest of backward.
        variable.cleargrad()
        place.bucket.n_missing -= 1
        if self._is_overlapped:
            self._send_complete()

    def _send_rest(self) -> None:
        """Backward has ended: gradients that it has not met are those of earlier ones, or zero."""
        self.timeline.backward_end = time.perf_counter()
        for param in self._params:
            place = self._places[id(param)]
            if place.is_filled:
                continue
            if param.grad is not None:
                self.gradient_final(param)
                continue
            place.bucket.buffer[:, place.columns] = 0
            place.bucket.n_missing -= 1
        self._send_complete()

    def _send_complete(self) -> None:
        while self._n_sent < len(self._buckets) and self._buckets[self._n_sent].n_missing == 0:
            bucket = self._buckets[self._n_sent]
            self.timeline.ready.append(time.perf_counter())
            self.timeline.nbytes.append(bucket.buffer.nbytes)
            bucket.sent = self._submit(self._travel, bucket, self._communicator.mark())
            self._n_sent += 1

    def _travel(self, bucket: Bucket, after: Any) -> Any:
        begin = time.perf_counter()
        result = self._send(bucket, after)
        self.timeline.travels.append((begin, time.perf_counter()))
        return result

    def _submit(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        """Lets the thread call something, after all that it was told before."""
        return self._thread.submit(call, *args)

    def _send(self, bucket: Bucket, after: Any) -> Any:
        """Exchanges the buffer of a bucket with the other ranks."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False)
