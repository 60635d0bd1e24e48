"""Gradients that never leave the GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import Parameter, backend
from chainer.types import NdArray

from chainermn._supervisor import Operation
from chainermn.communicators import _nccl, _wire
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
            self._add(total.reshape(-1), operation, self._device.mark())
        return total

    def empty(self, size: int, dtype: Any, param: Parameter) -> NdArray:
        return param.xp.empty(size, dtype)

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

    def _sum_in_place(self, buffer: NdArray, operation: Operation, after: Any = None) -> None:
        after = self._device.mark() if after is None else after
        if self.get_config("allreduce_grad_dtype") == "bfloat16":
            bits = _wire.to_bfloat16(buffer)
            self._add(bits, operation, self._device.mark(), is_bfloat16=True)
            buffer[...] = _wire.from_bfloat16(bits)
        else:
            self._add(buffer, operation, after)

    def _add(self, array: NdArray, operation: Operation, after: Any, is_bfloat16: bool = False) -> None:
        try:
            self.supervisor.wait(self._nccl.add(array, after, is_bfloat16), operation, array.nbytes)
        except Exception:
            self._nccl.abort()
            raise
