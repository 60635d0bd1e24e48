"""NCCL through CuPy: sums of arrays that stay on their GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from chainer.backends import cuda
from chainer.types import NdArray

if TYPE_CHECKING:
    from mpi4py import MPI

_OLDEST = 2000  # the first version whose communicators span nodes


class Device(Protocol):
    """What is needed of a GPU besides NCCL."""

    def of(self, array: NdArray) -> AbstractContextManager[Any]:
        """Makes the GPU of an array the current one."""

    def stream(self) -> Any:
        """A new stream that does not wait for others; a context manager that makes it the current one."""

    def mark(self) -> Any:
        """An event at the end of what the calling thread has asked of the GPU so far."""

    def pointer(self, array: NdArray) -> int:
        """Address of an array."""


class CudaDevice:  # pragma: no cover - needs a GPU
    """A GPU through CuPy."""

    def of(self, array: NdArray) -> AbstractContextManager[Any]:
        device: AbstractContextManager[Any] = cuda.get_device_from_array(array)
        return device

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
        self._streams: dict[int, Any] = {}  # by address
        self._common: Any = None

    def give_stream(self, array: NdArray) -> None:
        """Gives an array a stream of its own. For buckets, which are few and stay.

        CuPy's memory pool sets memory aside for each stream that there has ever been, so other arrays share one.
        """
        with self._device.of(array):
            self._streams[self._device.pointer(array)] = self._device.stream()

    @contextmanager
    def stream_for(self, array: NdArray, after: Any = None) -> Iterator[Any]:
        """Makes the stream of an array the current one, on its GPU.

        Args:
            array: The array.
            after: Event to wait for: when the array is complete. ``None`` is all that was asked of the GPU so far.
        """
        with self._device.of(array):  # a thread starts out on the first GPU
            after = self._device.mark() if after is None else after
            if self._common is None:
                self._common = self._device.stream()
            stream = self._streams.get(self._device.pointer(array), self._common)
            stream.wait_event(after)
            with stream:
                yield stream

    def all_reduce(self, array: NdArray, stream: Any, is_bfloat16: bool = False) -> None:
        """Begins to replace an array by its sum over ranks.

        Args:
            array: Contiguous.
            stream: Where.
            is_bfloat16: Whether its elements, of 16 bits, are such numbers.
        """
        at = self._device.pointer(array)
        self._communicator.allReduce(
            at, at, array.size, self._kind(array, is_bfloat16), self._module.NCCL_SUM, stream.ptr
        )

    def reduce_scatter(self, parts: NdArray, mine: NdArray, stream: Any, is_bfloat16: bool = False) -> None:
        """Begins to fill ``mine`` by this rank's row of the sum of an array with one row a rank."""
        source, target = self._device.pointer(parts), self._device.pointer(mine)
        self._communicator.reduceScatter(
            source, target, mine.size, self._kind(mine, is_bfloat16), self._module.NCCL_SUM, stream.ptr
        )

    def all_gather(self, mine: NdArray, everyone: NdArray, stream: Any) -> None:
        """Begins to fill the rows of ``everyone`` by what the ranks have; it is moved as bytes."""
        source, target = self._device.pointer(mine), self._device.pointer(everyone)
        self._communicator.allGather(source, target, mine.nbytes, self._module.NCCL_UINT8, stream.ptr)

    def end_of(self, stream: Any) -> Arrival:
        """What to wait for until all of a stream is done."""
        return Arrival(self._communicator, stream)

    def _kind(self, array: NdArray, is_bfloat16: bool) -> int:
        if is_bfloat16:
            return int(self._module.NCCL_BFLOAT16)
        dtype = array.dtype
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


class Arrival:
    """The end of what a stream is doing; asked like a request of MPI."""

    def __init__(self, communicator: Any, stream: Any) -> None:
        self._communicator, self._stream = communicator, stream

    def Test(self) -> bool:
        """Whether it is done.

        Raises:
            Exception: NCCL has met an error meanwhile, for example a network that is down.
        """
        self._communicator.check_async_error()
        return bool(self._stream.done)
