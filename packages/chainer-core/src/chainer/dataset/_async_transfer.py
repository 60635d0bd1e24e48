"""Copies to the GPU that run while it computes."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy

from chainer.backend import get_device
from chainer.backends import cuda
from chainer.backends.cuda import GpuDevice
from chainer.dataset._concat import concat_examples_func, to_device
from chainer.types import DeviceSpec, NdArray


class Conveyor:
    """Carries arrays to one device, through page-locked memory when that is a GPU.

    Arrays come out of :meth:`get` in the order in which they went into :meth:`put`.

    Args:
        device: Where to; ``None`` leaves arrays where they are.
        stream: CUDA stream to copy on; ``None`` is the default stream.
    """

    def __init__(self, device: DeviceSpec | None = None, stream: Any = None) -> None:
        self.device = None if device is None else get_device(device)
        self.stream = stream
        self._under_way: collections.deque[tuple[NdArray, Any, Any]] = collections.deque()

    def put(self, array: NdArray) -> None:
        """Starts to copy ``array`` to the device."""
        if isinstance(self.device, GpuDevice) and isinstance(array, numpy.ndarray):
            self._under_way.append(self._start_copy(self.device, array))
        else:
            self._under_way.append((to_device(self.device, array), None, None))

    def get(self, sync: bool = True) -> NdArray:
        """The next array, on the device.

        Args:
            sync: Wait until the copy has ended. Otherwise the caller orders its work after that on ``stream``.

        Raises:
            RuntimeError: Nothing was put.
        """
        if not self._under_way:
            raise RuntimeError("the conveyor is empty: put an array before getting one")
        array, _, copied = self._under_way.popleft()
        if sync and copied is not None:  # pragma: no cover - needs a GPU
            copied.synchronize()
        return array

    def _start_copy(self, device: GpuDevice, array: NdArray) -> tuple[NdArray, Any, Any]:  # pragma: no cover
        cupy = cuda.cupy
        with device.create_context():
            stream = self.stream or cuda.Stream.null
            # Only a page-locked source lets the copy run beside computation.
            locked = cupy.cuda.alloc_pinned_memory(max(array.nbytes, 1))
            source = numpy.frombuffer(locked, array.dtype, array.size).reshape(array.shape)
            source[...] = array
            with stream:
                target = cupy.empty(array.shape, array.dtype)
                target.set(source, stream)
            return target, locked, stream.record()


class ConcatWithAsyncTransfer:
    """A converter like :func:`concat_examples` that copies to the GPU on a stream of its own.

    The copy of a batch overlaps with the computation on the one before, which pays when batches are large.

    Args:
        stream: CUDA stream to copy on; a new one if ``None``.
        compute_stream: CUDA stream on which the batches are used; ``None`` is the default stream.
    """

    def __init__(self, stream: Any = None, compute_stream: Any = None) -> None:
        self._stream = stream
        self.compute_stream = compute_stream
        # Batches the GPU may still read. Each waits for an event recorded after the work on it was queued:
        # freed earlier, its memory could be overwritten by the next copy.
        self._in_use: collections.deque[tuple[list[Any], Any]] = collections.deque()
        self._latest: list[Any] | None = None

    def __call__(self, batch: Sequence[Any], device: DeviceSpec | None = None, padding: Any = None) -> Any:
        """Concatenates ``batch`` as :func:`concat_examples` does and starts its copy to ``device``."""
        target = None if device is None else get_device(device)
        if not isinstance(target, GpuDevice):
            return concat_examples_func(batch, target, padding)
        return self._transfer(concat_examples_func(batch, None, padding), target)  # pragma: no cover

    def _transfer(self, arrays: Any, device: GpuDevice) -> Any:  # pragma: no cover - needs a GPU
        with device.create_context():
            if self._stream is None:
                self._stream = cuda.Stream(non_blocking=True)
            compute_stream = self.compute_stream or cuda.Stream.null
            self._retire_batches(compute_stream)
            conveyor = Conveyor(device, self._stream)
            kept: list[Any] = []

            def move(array: NdArray) -> NdArray:
                conveyor.put(array)
                kept.append(conveyor._under_way[-1])
                return conveyor.get(sync=False)

            if isinstance(arrays, tuple):
                moved: Any = tuple([move(array) for array in arrays])
            elif isinstance(arrays, dict):
                moved = {key: move(array) for key, array in arrays.items()}
            else:
                moved = move(arrays)
            compute_stream.wait_event(self._stream.record())
            self._latest = kept
            return moved

    def _retire_batches(self, compute_stream: Any) -> None:  # pragma: no cover - needs a GPU
        if self._latest is not None:
            self._in_use.append((self._latest, compute_stream.record()))
            self._latest = None
        while self._in_use and self._in_use[0][1].done:
            self._in_use.popleft()
