"""Averages gradients in pieces while backward still computes the others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chainer import Parameter, Variable
from chainer.types import NdArray

from chainermn.communicators import _wire
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.timeline import Timeline


@dataclass(slots=True)
class _Bucket:
    """Parameters whose gradients travel in one buffer."""

    params: list[Parameter]
    buffer: NdArray
    n_missing: int = 0
    mean: Future[None] | None = None


@dataclass(slots=True)
class _Slot:
    """Where the gradient of a parameter goes."""

    bucket: _Bucket
    values: NdArray
    index: int
    is_filled: bool = field(default=False)


class GradientBuckets:
    """The gradients of a model in buckets, in the order in which backward finishes them.

    A bucket is on its way to the other ranks as soon as its last gradient is final, if those before it are. All ranks
    send the same buckets in the same order, so what a rank has no gradient for goes as zeros when its backward has
    ended.

    Args:
        communicator: Used by nobody else: a thread of its own waits in it.
        params: Parameters in the order in which their gradients are expected.
        bucket_bytes: Size of a bucket; a larger parameter has one for itself.
        first_bytes: Size of the first bucket: while it is being filled, nothing can be hidden.
        is_overlapped: Whether buckets are sent while backward runs, rather than when it has ended.

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
    ) -> None:
        self._communicator = communicator
        self._params = list(params)
        self._is_overlapped = is_overlapped
        self._thread = ThreadPoolExecutor(1, "chainermn-gradients")
        self._buckets: list[_Bucket] = []
        self._slots: dict[int, _Slot] = {}
        self._n_sent = 0
        self.timeline = Timeline()
        for group in self._in_buckets(bucket_bytes, first_bytes):
            self._add(group)

    def _in_buckets(self, bucket_bytes: int, first_bytes: int) -> list[list[Parameter]]:
        groups: list[list[Parameter]] = []
        room, dtype = 0, None
        for param in self._params:
            wire_dtype = self._communicator.wire_dtype(param.dtype)
            if param.size * wire_dtype.itemsize > room or wire_dtype != dtype:
                room, dtype = (bucket_bytes if groups else first_bytes), wire_dtype
                groups.append([])
            groups[-1].append(param)
            room -= param.size * wire_dtype.itemsize
        return groups

    def _add(self, params: list[Parameter]) -> None:
        dtype = self._communicator.wire_dtype(params[0].dtype)
        bucket = _Bucket(params, self._communicator.empty(sum(param.size for param in params), dtype, params[0]))
        self._buckets.append(bucket)
        start = 0
        for param in params:
            values = bucket.buffer[start : start + param.size].reshape(param.shape)
            self._slots[id(param)] = _Slot(bucket, values, len(self._slots))
            start += param.size

    def begin(self) -> None:
        """A backward begins."""
        self.timeline = Timeline()
        self._n_sent = 0
        for bucket in self._buckets:
            bucket.n_missing, bucket.mean = len(bucket.params), None
        for slot in self._slots.values():
            slot.is_filled = False

    def gradient_final(self, variable: Variable) -> None:
        """Takes over a gradient; what backward calls."""
        slot = self._slots.get(id(variable))
        if slot is None:  # an input of the graph that is no parameter of the model
            return
        slot.values[...] = self._communicator.on_wire(variable.grad)
        slot.is_filled = True
        # The bucket has it now, so the memory may serve the rest of backward.
        variable.grad = None
        slot.bucket.n_missing -= 1
        if self._is_overlapped:
            self._send_complete()

    def finish(self, zero_fill: bool) -> None:
        """Backward has ended: waits for the means and makes them the gradients.

        Args:
            zero_fill: Whether a parameter without gradient on any rank gets one of zeros.
        """
        self.timeline.backward_end = time.perf_counter()
        slots = [self._slots[id(param)] for param in self._params]
        for slot in slots:
            if not slot.is_filled:
                slot.values[...] = 0
                slot.bucket.n_missing -= 1
        self._send_complete()
        agreement = self._thread.submit(self._communicator.agree_on_gradients, [slot.is_filled for slot in slots])
        for bucket in self._buckets:
            assert bucket.mean is not None
            bucket.mean.result()
        for param, slot, has_grad in zip(self._params, slots, agreement.result(), strict=True):
            if has_grad or zero_fill:
                # A view of the bucket where dtypes allow: it is valid until the next backward.
                param.grad = _wire.as_given(slot.values.astype(param.dtype, copy=False), param.array)

    def _send_complete(self) -> None:
        while self._n_sent < len(self._buckets) and self._buckets[self._n_sent].n_missing == 0:
            bucket = self._buckets[self._n_sent]
            self.timeline.ready.append(time.perf_counter())
            self.timeline.nbytes.append(bucket.buffer.nbytes)
            bucket.mean = self._thread.submit(self._average, bucket.buffer, self._communicator.mark())
            self._n_sent += 1

    def _average(self, buffer: NdArray, mark: Any) -> None:
        begin = time.perf_counter()
        self._communicator.mean_in_place(buffer, None, mark)
        self.timeline.travels.append((begin, time.perf_counter()))

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False)
