"""One process for each GPU of a machine, gradients summed by NCCL."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainer import backend
from chainer.backends import cuda
from chainer.dataset.convert import _call_converter, concat_examples
from chainer.link import Link
from chainer.reporter import Reporter
from chainer.training._batch import as_arguments
from chainer.training.updaters.standard_updater import StandardUpdater
from chainer.types import DeviceSpec, NdArray

_SECONDS_TO_END = 10.0


class MultiprocessParallelUpdater(StandardUpdater):
    """Trains a model on several GPUs of a machine, each driven by a process of its own.

    Each process takes batches of its own iterator. The gradients are summed on the first GPU, the optimizer takes a
    step there, and the parameters are sent back. Only the first process reports. Needs CuPy with NCCL.

    The processes are started by the first update. They must not inherit a GPU in use, so call
    ``multiprocessing.set_start_method("forkserver")`` at the beginning of the script.

    Args:
        iterators: One for each device.
        optimizer: Of the model.
        converter: Makes arrays of a batch.
        devices: GPUs; a dict has ``'main'`` for the first one. ``None`` is one for each iterator, from 0.
        auto_new_epoch: As for :class:`StandardUpdater`.

    Raises:
        RuntimeError: There is no NCCL.
        ValueError: There are not as many iterators as devices.
    """

    def __init__(
        self,
        iterators: Sequence[Any],
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        devices: Mapping[str, DeviceSpec] | Sequence[DeviceSpec] | None = None,
        auto_new_epoch: bool = True,
    ) -> None:
        if not self.available():
            raise RuntimeError(
                "MultiprocessParallelUpdater needs CuPy with NCCL; pip install cupy-cuda12x nvidia-nccl-cu12, "
                "or use ParallelUpdater"
            )
        super().__init__(iterators[0], optimizer, converter=converter, auto_new_epoch=auto_new_epoch)
        self._devices = _gpus(devices, len(iterators))
        if len(self._devices) != len(iterators):
            raise ValueError(
                f"need one iterator for each device, got {len(iterators)} for {len(self._devices)} devices"
            )
        self._mpu_iterators = list(iterators)
        self._model = optimizer.target
        self._pipes: list[Any] = []
        self._workers: list[Any] = []
        self._communicator: Any = None

    @staticmethod
    def available() -> bool:
        """Whether CuPy and NCCL are there."""
        return _nccl() is not None

    def setup_workers(self) -> None:
        """Starts the processes. Called by the first update."""
        if self._workers:
            return
        size = len(self._devices)
        for rank in range(1, size):
            pipe, remote = multiprocessing.Pipe()
            job = (remote, rank, self._devices, self._model, self._mpu_iterators[rank], self.converter)
            worker = multiprocessing.Process(target=_work, args=job, daemon=False)
            worker.start()
            self._workers.append(worker)
            self._pipes.append(pipe)
        self._devices[0].use()
        self._model.to_device(self._devices[0])
        if size > 1:
            identity = _Communicator.new_identity()
            self._send(identity)
            self._communicator = _Communicator(size, identity, 0)

    def update_core(self) -> None:
        """Takes a step on the sum of the gradients of all processes."""
        self.setup_workers()
        self._send("update")
        with backend.using_device(self._devices[0]):
            model, optimizer = self._model, self._optimizers["main"]
            _accumulate(model, next(self._iterators["main"]), self.converter, self._devices[0])
            if self._communicator is not None:
                grads = _concatenate(model, "grad")
                self._communicator.sum_to_root(grads)
                scatter_grads(model, grads)
            optimizer.update()
            if self._communicator is not None:
                self._communicator.broadcast(_concatenate(model, "data"))
        self._call_new_epoch()

    def finalize(self) -> None:
        """Ends the processes and the iterators."""
        for pipe, worker in zip(self._pipes, self._workers):
            if worker.is_alive():
                pipe.send("finalize")
        for worker in self._workers:
            worker.join(_SECONDS_TO_END)
            # After an error here, it waits for gradients that will never come.
            if worker.is_alive():
                worker.terminate()
                worker.join()
        self._workers, self._pipes = [], []
        super().finalize()

    def _send(self, message: Any) -> None:
        for pipe, worker in zip(self._pipes, self._workers):
            if not worker.is_alive():
                raise RuntimeError(f"a worker process of the updater has died with exit code {worker.exitcode}")
            pipe.send(message)


def _work(
    pipe: Any, rank: int, devices: list[Any], model: Link, iterator: Any, converter: Callable[..., Any]
) -> None:  # pragma: no cover - runs in a process of its own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process tells when to end
    device = devices[rank]
    device.use()
    model.to_device(device)
    reporter = Reporter()
    reporter.add_observer("main", model)
    reporter.add_observers("main", model.namedlinks(skipself=True))
    communicator = _Communicator(len(devices), pipe.recv(), rank)
    while pipe.recv() == "update":
        with reporter.scope({}):
            _accumulate(model, next(iterator), converter, device)
        communicator.sum_to_root(_concatenate(model, "grad"))
        params = _concatenate(model, "data")
        communicator.broadcast(params)
        scatter_params(model, params)
    iterator.finalize()


class _Communicator:  # pragma: no cover - needs several GPUs
    """What the processes say to each other, through NCCL. All calls are collective, and in the order of the stream."""

    def __init__(self, size: int, identity: Any, rank: int) -> None:
        self._nccl = _nccl()
        self._communicator = self._nccl.NcclCommunicator(size, identity, rank)
        self._kinds = {"e": self._nccl.NCCL_HALF, "f": self._nccl.NCCL_FLOAT, "d": self._nccl.NCCL_DOUBLE}

    @staticmethod
    def new_identity() -> Any:
        """What tells one group of processes from another."""
        return _nccl().get_unique_id()

    def sum_to_root(self, array: NdArray) -> None:
        """Replaces the array of the first process by the sum over all."""
        pointer, kind, stream = array.data.ptr, self._kinds[array.dtype.char], cuda.cupy.cuda.get_current_stream()
        self._communicator.reduce(pointer, pointer, array.size, kind, self._nccl.NCCL_SUM, 0, stream.ptr)

    def broadcast(self, array: NdArray) -> None:
        """Replaces the arrays of all processes by that of the first."""
        stream = cuda.cupy.cuda.get_current_stream()
        self._communicator.bcast(array.data.ptr, array.size, self._kinds[array.dtype.char], 0, stream.ptr)


def _accumulate(model: Any, batch: Any, converter: Callable[..., Any], device: Any) -> None:
    args, kwargs = as_arguments(_call_converter(converter, batch, device))
    loss = model(*args, **kwargs)
    model.cleargrads()
    loss.backward()


def _nccl() -> Any:
    if not cuda.available:
        return None
    nccl = cuda.cupy.cuda.nccl
    return nccl if getattr(nccl, "available", True) else None


def _gpus(devices: Mapping[str, DeviceSpec] | Sequence[DeviceSpec] | None, count: int) -> list[Any]:
    if devices is None:
        specs: list[Any] = [f"@cupy:{index}" for index in range(count)]
    elif isinstance(devices, Mapping):
        specs = [devices["main"], *(spec for name, spec in devices.items() if name != "main")]
    else:
        specs = list(devices)
    return [backend.get_device(spec) for spec in specs]


def size_num_grads(link: Link) -> tuple[int, int]:
    """Number of elements of all parameters that have values, and the number of these parameters.

    Args:
        link: Whose parameters.
    """
    sizes = [param.size for param in _params(link)]
    return sum(sizes), len(sizes)


def gather_grads(link: Link) -> NdArray | None:
    """All gradients of a link on a GPU, in one array. A missing one is zero.

    Args:
        link: Whose gradients.

    Raises:
        RuntimeError: The link is not on a GPU.
    """
    return _gather(link, "grad")


def gather_params(link: Link) -> NdArray | None:
    """All parameters of a link on a GPU, in one array.

    Args:
        link: Whose parameters.

    Raises:
        RuntimeError: The link is not on a GPU.
    """
    return _gather(link, "data")


def scatter_grads(link: Link, array: NdArray) -> None:
    """Puts back what :func:`gather_grads` returned.

    Args:
        link: Whose gradients are replaced.
        array: The gradients in one array.
    """
    _scatter(link, array, "grad")


def scatter_params(link: Link, array: NdArray) -> None:
    """Puts back what :func:`gather_params` returned.

    Args:
        link: Whose parameters are overwritten.
        array: The parameters in one array.
    """
    _scatter(link, array, "data")


def _params(link: Link) -> list[Any]:
    return [param for _, param in sorted(link.namedparams()) if param.array is not None]


def _gather(link: Link, attr: str) -> NdArray | None:
    if link.xp is not cuda.cupy:
        raise RuntimeError(f"gathering works on a GPU only, but the link is on {link.device}; use link.to_gpu()")
    return _concatenate(link, attr)


def _concatenate(link: Link, attr: str) -> NdArray | None:
    arrays = []
    for param in _params(link):
        array = getattr(param, attr)
        arrays.append(link.xp.zeros(param.size, param.dtype) if array is None else array.ravel())
    return link.xp.concatenate(arrays) if arrays else None


def _scatter(link: Link, array: NdArray, attr: str) -> None:
    begin = 0
    for param in _params(link):
        part = array[begin : begin + param.size].reshape(param.shape)
        begin += param.size
        if attr == "grad":
            param.grad = part.astype(param.dtype, copy=False)
        else:
            param.data[...] = part
