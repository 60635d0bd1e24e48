"""Gradients that never leave the GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chainer import Parameter, backend
from chainer.types import NdArray

from chainermn._supervisor import Operation
from chainermn.communicators import _halves, _nccl
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase


class PureNcclCommunicator(MpiCommunicatorBase):
    """Averages gradients by NCCL, each buffer on a stream of its own; everything else goes through MPI.

    Ranks meet over MPI before each sum, so one that is missing is found as with other communicators; a sum that does
    not end in time, or in which NCCL reports an error, is aborted.

    Raises:
        RuntimeError: There is no GPU or no NCCL.
    """

    has_nccl = True

    def __init__(self, *args: Any) -> None:
        module, device = _nccl.load()
        super().__init__(*args)
        self._device = device
        self._nccl = _nccl.Nccl(self.mpi_comm, module, device)

    def finalize(self) -> None:
        self._nccl.destroy()
        super().finalize()

    def allreduce(self, data: NdArray) -> NdArray:
        if not hasattr(data, "dtype") or data.dtype.kind not in "fiu":
            return super().allreduce(data)
        operation, _ = self._meet(f"allreduce of {data.dtype} {data.shape}")
        total = data.copy(order="C")
        if self.size > 1 and total.size:
            with self._stream(total, operation) as stream:
                self._nccl.all_reduce(total.reshape(-1), stream)
        return total

    def empty(self, size: int, dtype: Any, param: Parameter) -> NdArray:
        return param.xp.empty(size, dtype)

    def keep(self, buffer: NdArray) -> None:
        self._nccl.give_stream(buffer)

    def on_wire(self, grad: NdArray) -> NdArray:
        return grad

    def mark(self) -> Any:
        return self._device.mark()

    def pack(self, grads: Sequence[NdArray], dtype: Any) -> NdArray:
        xp = backend.get_array_module(*grads)
        if self.batched_copy:  # one kernel, at the price of a second copy where the dtype differs
            return xp.concatenate([grad.reshape(-1) for grad in grads]).astype(dtype, copy=False)
        buffer = xp.empty(sum(grad.size for grad in grads), dtype)
        start = 0
        for grad in grads:
            buffer[start : start + grad.size] = grad.reshape(-1)
            start += grad.size
        return buffer

    def _mean_in_place(self, buffer: NdArray, operation: Operation, after: Any = None) -> None:
        with self._stream(buffer, operation, after) as stream:
            if self._half is None:
                self._nccl.all_reduce(buffer, stream)
                buffer /= self.size
                return
            buffer /= self.size  # first, for NCCL adds in 16 bits, where the sum might overflow
            bits = _halves.to_wire(buffer, self._half)
            self._nccl.all_reduce(bits, stream, self._half == "bfloat16")
            buffer[...] = _halves.from_wire(bits, self._half)

    def _mean_of_part(self, parts: NdArray, operation: Operation, after: Any = None) -> NdArray:
        with self._stream(parts, operation, after) as stream:
            if self._half is None:
                mine = parts[self.rank].copy()
                self._nccl.reduce_scatter(parts, mine, stream)
                mine /= self.size
                return mine
            parts /= self.size
            bits = _halves.to_wire(parts, self._half)
            mine = bits[self.rank].copy()
            self._nccl.reduce_scatter(bits, mine, stream, self._half == "bfloat16")
            return _halves.from_wire(mine, self._half)

    def _allgather_parts(self, mine: NdArray, everyone: NdArray, operation: Operation, after: Any = None) -> None:
        with self._stream(everyone, operation, after) as stream:
            self._nccl.all_gather(mine, everyone, stream)

    @contextmanager
    def _stream(self, array: NdArray, operation: Operation, after: Any = None) -> Iterator[Any]:
        """The stream of an array; what is asked of it in the scope has ended, on all ranks, when the scope has."""
        try:
            with self._nccl.stream_for(array, after) as stream:
                yield stream
            self.supervisor.wait(self._nccl.end_of(stream), operation, array.nbytes)
        except Exception:
            self._nccl.abort()
            raise
