"""NCCL through CuPy: sums of arrays that stay on their GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy
from chainer.backends import cuda
from chainer.types import NdArray

if TYPE_CHECKING:
    from mpi4py import MPI

_OLDEST = 2000  # the first version whose communicators span nodes


class Device(Protocol):
    """What is needed of a GPU besides NCCL."""

    def stream(self) -> Any:
        """A new stream that does not wait for others."""

    def mark(self) -> Any:
        """An event at the end of what the calling thread has asked of the GPU so far."""

    def pointer(self, array: NdArray) -> int:
        """Address of an array."""


class CudaDevice:  # pragma: no cover - needs a GPU
    """The current GPU of CuPy."""

    def stream(self) -> Any:
        return cuda.Stream(non_blocking=True)

    def mark(self) -> Any:
        event = cuda.Event(disable_timing=True)
        event.record()
        return event

    def pointer(self, array: NdArray) -> int:
        return int(array.data.ptr)


def load() -> tuple[Any, Device]:
    """CuPy's module of NCCL, and the GPU.

    Raises:
        RuntimeError: There is no GPU, or CuPy has no NCCL, or an old one.
    """
    way_out = "use 'naive' or 'flat', which work on CPUs and through the host on GPUs"
    if not cuda.available:
        raise RuntimeError(f"communicator_name 'pure_nccl' needs CuPy with NCCL and a GPU, there is none; {way_out}")
    try:  # pragma: no cover - needs a GPU
        from cupy.cuda import nccl
    except ImportError as error:  # pragma: no cover - needs a GPU
        raise RuntimeError(f"CuPy has no NCCL here: pip install nvidia-nccl-cu12, or {way_out}") from error
    if nccl.get_version() < _OLDEST:  # pragma: no cover - needs a GPU
        raise RuntimeError(f"pure_nccl needs NCCL 2 or newer, got {nccl.get_version()}; {way_out}")
    return nccl, CudaDevice()  # pragma: no cover - needs a GPU


class Nccl:
    """The ranks of an MPI communicator as NCCL knows them; made by all of them together.

    Args:
        mpi_comm: The ranks.
        module: CuPy's module of NCCL.
        device: The GPU.
    """

    def __init__(self, mpi_comm: MPI.Intracomm, module: Any, device: Device) -> None:
        identity = mpi_comm.bcast(module.get_unique_id() if mpi_comm.rank == 0 else None)
        self._communicator = module.NcclCommunicator(mpi_comm.size, identity, mpi_comm.rank)
        self._module = module
        self._device = device

    def add(self, array: NdArray, after: Any, is_bfloat16: bool = False) -> Sum:
        """Begins to replace an array by its sum over ranks, on a stream of its own.

        Args:
            array: Contiguous.
            after: Event to wait for: when the array is complete.
            is_bfloat16: Whether its elements, of 16 bits, are such numbers.
        """
        stream = self._device.stream()
        stream.wait_event(after)
        kind = self._module.NCCL_BFLOAT16 if is_bfloat16 else self._kind(array.dtype)
        pointer = self._device.pointer(array)
        self._communicator.allReduce(pointer, pointer, array.size, kind, self._module.NCCL_SUM, stream.ptr)
        return Sum(self._communicator, stream)

    def _kind(self, dtype: numpy.dtype[Any]) -> int:
        names = {"e": "HALF", "f": "FLOAT", "d": "DOUBLE", "b": "INT8", "B": "UINT8", "i": "INT32", "l": "INT64"}
        if dtype.char not in names:
            raise TypeError(f"NCCL adds floating point numbers and integers, got an array of {dtype}")
        return int(getattr(self._module, f"NCCL_{names[dtype.char]}"))

    def abort(self) -> None:
        """Gives up what is going on, also where another rank has stopped answering."""
        self._communicator.abort()

    def destroy(self) -> None:
        """Frees it."""
        self._communicator.destroy()


class Sum:
    """A sum that is being computed; asked like a request of MPI."""

    def __init__(self, communicator: Any, stream: Any) -> None:
        self._communicator, self._stream = communicator, stream

    def Test(self) -> bool:
        """Whether it is done.

        Raises:
            Exception: NCCL has met an error meanwhile, for example a network that is down.
        """
        self._communicator.check_async_error()
        return bool(self._stream.done)
