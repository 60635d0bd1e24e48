"""NVIDIA GPUs through CuPy: the only module of the core package that imports it.

Importable on every machine. Without CuPy, :data:`available` is ``False``,
:data:`cupy` stands in as an object whose use explains what is missing, and
:class:`ndarray` is a type that nothing is an instance of.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any

import numpy

from chainer import _device
from chainer.configuration import config
from chainer.types import NdArray

available = False
cudnn_enabled = False
_import_error: BaseException | None = None

try:
    import cupy

    available = cupy.cuda.runtime.getDeviceCount() > 0
except Exception as error:
    # Not only ImportError: a driver that is missing or too old shows itself only when it is asked.
    _import_error = error


def check_cuda_available() -> None:
    """Raises an error that tells the way out if no GPU can be used.

    Raises:
        RuntimeError: CuPy is not installed, or sees no device.
    """
    if available:
        return
    cause = f"{type(_import_error).__name__}: {_import_error}" if _import_error else "no CUDA device is visible"
    raise RuntimeError(
        "CUDA environment is not correctly set up: a GPU was asked for, but CuPy cannot use one "
        f"({cause}). Install chainer-cupy-ext on a machine with an NVIDIA GPU, or use the device '@numpy'."
    ) from _import_error


class _MissingCupy:
    """What :data:`cupy` is without CuPy: any use of it raises the error with the explanation."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        check_cuda_available()
        raise AttributeError(name)  # pragma: no cover - check_cuda_available raised


if available:  # pragma: no cover - needs a GPU
    from cupy import ndarray
    from cupy.cuda import Device, Event, Stream
else:
    if _import_error is not None:
        cupy = _MissingCupy()

    class ndarray:  # type: ignore[no-redef]
        """Stands for ``cupy.ndarray`` where there is no CuPy; has no instances."""

        shape: Any = property(lambda self: None)
        device: Any = property(lambda self: None)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            check_cuda_available()

        def get(self, stream: Any = None) -> Any:
            """Copies to the CPU."""

        def set(self, arr: Any, stream: Any = None) -> None:
            """Copies from the CPU."""

    class Device:  # type: ignore[no-redef]
        """Stands for ``cupy.cuda.Device`` where there is no CuPy."""

        def __init__(self, device: Any = None) -> None:
            check_cuda_available()

        def __enter__(self) -> Device:
            return self

        def __exit__(self, *args: object) -> None:
            pass

    class Event:  # type: ignore[no-redef]
        """Stands for ``cupy.cuda.Event`` where there is no CuPy."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            check_cuda_available()

    class Stream:  # type: ignore[no-redef]
        """Stands for ``cupy.cuda.Stream`` where there is no CuPy."""

        null: Any = None

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            check_cuda_available()


class DummyDeviceType:
    """The device of an array that is not on a GPU: entering it does nothing."""

    id = -1

    def __int__(self) -> int:
        return -1

    def __enter__(self) -> DummyDeviceType:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def use(self) -> None:
        """Does nothing: there is no GPU to make current."""

    def synchronize(self) -> None:
        """Does nothing: work on the CPU is done when a call returns."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DummyDeviceType)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(DummyDeviceType)


DummyDevice = DummyDeviceType()


class GpuDevice(_device.Device):
    """One NVIDIA GPU, written ``@cupy:0``.

    Args:
        device: A ``cupy.cuda.Device``.
    """

    def __init__(self, device: Any) -> None:
        check_cuda_available()
        super().__init__()
        self.device = device

    @classmethod
    def from_device_id(cls, device_id: int) -> GpuDevice:
        """The GPU with the given index."""
        check_cuda_available()
        if device_id < 0:
            raise ValueError(f"a GPU's index is 0 or more, got {device_id}")
        return cls(Device(device_id))

    @classmethod
    def from_array(cls, array: NdArray) -> GpuDevice | None:
        """The GPU that holds ``array``, or ``None`` if it is not on one."""
        if isinstance(array, ndarray) and available:
            return cls(array.device)
        return None

    @property
    def name(self) -> str:
        return f"@cupy:{self.device.id}"

    @property
    def xp(self) -> Any:
        return cupy

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        return (ndarray,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GpuDevice) and other.device == self.device

    def __hash__(self) -> int:
        return hash((GpuDevice, self.device.id))

    def __repr__(self) -> str:
        return f"<GpuDevice (cupy):{self.device.id}>"

    def create_context(self) -> Any:
        # A new object each time: CuPy's devices keep one stack of contexts an object.
        return Device(self.device.id)

    def send_array(self, array: NdArray) -> NdArray:
        return to_gpu(array, self.device)

    def use(self) -> None:
        self.device.use()

    def is_array_supported(self, array: object) -> bool:
        return isinstance(array, ndarray) and self.device == array.device


def _parse_device(spec: object) -> _device.Device | None:
    if isinstance(spec, str) and spec.startswith("@cupy:"):
        index = spec[len("@cupy:") :]
        if not index.isdigit():
            raise ValueError(f"device specifier {spec!r} must end in the GPU's index, as in '@cupy:0'")
        return GpuDevice.from_device_id(int(index))
    if isinstance(spec, int | numpy.integer) and not isinstance(spec, bool) and spec >= 0:
        return GpuDevice.from_device_id(int(spec))
    if available and isinstance(spec, Device):
        return GpuDevice(spec)
    return None


_device.register_device_parser(_parse_device)


def get_device_from_id(device_id: int | None) -> Any:
    """``cupy.cuda.Device`` of an index, or :data:`DummyDevice` for ``None`` and negative ones."""
    if device_id is None or int(device_id) < 0:
        return DummyDevice
    check_cuda_available()
    return Device(int(device_id))


def get_device_from_array(*arrays: NdArray) -> Any:
    """Device of the first array that is on a GPU, or :data:`DummyDevice`."""
    for array in arrays:
        if isinstance(array, ndarray) and array.device is not None:
            return array.device
    return DummyDevice


def get_device(*args: Any) -> Any:
    """Device of the first argument that names one: an index, a device or an array.

    Kept for old scripts; :func:`get_device_from_id` and :func:`get_device_from_array` say what is meant.
    """
    for arg in args:
        if arg is None or isinstance(arg, bool):
            continue
        if isinstance(arg, int | numpy.integer):
            return get_device_from_id(int(arg))
        if isinstance(arg, ndarray) and arg.device is not None:
            return arg.device
        if available and isinstance(arg, Device):
            return arg
    return DummyDevice


def to_gpu(array: Any, device: Any = None, stream: Any = None) -> Any:
    """Copies an array to a GPU; one that is there already is returned as it is.

    Args:
        array: ``numpy.ndarray``, ``cupy.ndarray``, a scalar, ``None``, or a list or tuple of these.
        device: ``cupy.cuda.Device`` or index; ``None`` is the current one.
        stream: Deprecated since the last release; copies run on the current stream.
    """
    if isinstance(array, list | tuple):
        return type(array)(to_gpu(a, device, stream) for a in array)
    if array is None:
        return None
    check_cuda_available()
    device = Device(device)
    with device, stream if stream is not None else contextlib.nullcontext():
        if isinstance(array, ndarray):
            return array if array.device == device else cupy.array(array)
        return cupy.asarray(numpy.asarray(array))


def to_cpu(array: Any, stream: Any = None) -> Any:
    """Copies an array to the CPU; one that is there already is returned as it is.

    Args:
        array: ``numpy.ndarray``, ``cupy.ndarray``, a NumPy scalar, ``None``, or a list or tuple of these.
        stream: ``cupy.cuda.Stream`` to copy on asynchronously, or ``None``.

    Raises:
        TypeError: ``array`` is none of these.
    """
    if isinstance(array, list | tuple):
        return type(array)(to_cpu(a, stream) for a in array)
    if array is None or isinstance(array, numpy.ndarray):
        return array
    if isinstance(array, ndarray):
        check_cuda_available()
        with get_device_from_array(array):
            return array.get(stream)
    if isinstance(array, numpy.number | numpy.bool_):
        return numpy.asarray(array)
    raise TypeError(f"expected a NumPy or CuPy array, or a list of them, got {type(array).__name__}")


def copy(array: NdArray, out: NdArray = None, out_device: Any = None, stream: Any = None) -> NdArray:
    """Copies a GPU array, to ``out``, or to a new array on ``out_device`` (an index or device)."""
    check_cuda_available()
    if out is None:
        with Device(out_device) if out_device is not None else get_device_from_array(array):
            out = cupy.empty_like(array)
    with get_device_from_array(array):
        cupy.copyto(out, array) if stream is None else out.data.copy_from_device_async(array.data, array.nbytes, stream)
    return out


def get_array_module(*args: Any) -> Any:
    """``cupy`` if an argument is on a GPU, else ``numpy``; prefer ``chainer.backend.get_array_module``."""
    from chainer import backend

    return backend.get_array_module(*args)


_memo_tables: list[dict[Any, Any]] = []
_memo_lock = threading.Lock()


def memoize(for_each_device: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that keeps results by arguments, until :func:`clear_memo`.

    Args:
        for_each_device: Keep one result a GPU, as compiled kernels need.
    """
    if available:  # pragma: no cover - needs a GPU
        return cupy.memoize(for_each_device)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        table: dict[Any, Any] = {}
        with _memo_lock:
            _memo_tables.append(table)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            key = (args, frozenset(kwargs.items()))
            if key not in table:
                table[key] = function(*args, **kwargs)
            return table[key]

        return wrapper

    return decorate


def clear_memo() -> None:
    """Forgets all results kept by :func:`memoize`."""
    if available:  # pragma: no cover - needs a GPU
        cupy.clear_memo()
    for table in _memo_tables:
        table.clear()


@memoize()
def elementwise(in_params: str, out_params: str, operation: str, name: str, **kwargs: Any) -> Any:
    """``cupy.ElementwiseKernel``, made once for each set of arguments."""
    check_cuda_available()
    return cupy.ElementwiseKernel(in_params, out_params, operation, name, **kwargs)


@memoize()
def reduce(
    in_params: str,
    out_params: str,
    map_expr: str,
    reduce_expr: str,
    post_map_expr: str,
    identity: Any,
    name: str,
    **kwargs: Any,
) -> Any:
    """``cupy.ReductionKernel``, made once for each set of arguments."""
    check_cuda_available()
    return cupy.ReductionKernel(in_params, out_params, map_expr, reduce_expr, post_map_expr, identity, name, **kwargs)


@memoize()
def raw(code: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """``cupy.RawKernel``, made once for each set of arguments."""
    check_cuda_available()
    return cupy.RawKernel(code, name, *args, **kwargs)


def fuse(*args: Any, **kwargs: Any) -> Any:
    """``cupy.fuse``; without CuPy the function runs as it is."""
    if available:  # pragma: no cover - needs a GPU
        return cupy.fuse(*args, **kwargs)
    if len(args) == 1 and not kwargs and callable(args[0]):
        return args[0]
    return lambda function: function


_max_workspace_size = 8 * 1024 * 1024


def get_max_workspace_size() -> int:
    """Bytes that one cuDNN call may use as scratch memory; 8 MiB unless set."""
    return _max_workspace_size


def set_max_workspace_size(size: int) -> None:
    """Sets the bytes that one cuDNN call may use as scratch memory."""
    global _max_workspace_size
    _max_workspace_size = int(size)


_CUDNN_LEVELS = {
    "==always": {"always": True, "auto": False, "never": False},
    ">=auto": {"always": True, "auto": True, "never": False},
}


def should_use_cudnn(level: str, lowest_version: int = 0) -> bool:
    """Whether cuDNN is there and ``chainer.config.use_cudnn`` allows it.

    Args:
        level: ``'==always'`` or ``'>=auto'``: what the configuration has to be at least.
        lowest_version: Smallest version that will do, as in 8900.

    Raises:
        ValueError: An unknown ``level`` or configured value.
    """
    if level not in _CUDNN_LEVELS:
        raise ValueError(f"level must be one of {', '.join(_CUDNN_LEVELS)}, got {level!r}")
    allowed = _CUDNN_LEVELS[level]
    if config.use_cudnn not in allowed:
        raise ValueError(f"chainer.config.use_cudnn must be one of {', '.join(allowed)}, got {config.use_cudnn!r}")
    # Since CuPy 14 cuDNN comes through kernel plug-ins, which keep their own account of it.
    return False


def should_use_cudnn_tensor_core(dtype: Any) -> bool:
    """Whether cuDNN may use tensor cores for ``dtype``; see ``chainer.config.use_cudnn_tensor_core``."""
    setting = config.use_cudnn_tensor_core
    if setting not in ("always", "auto", "never"):
        raise ValueError(f"chainer.config.use_cudnn_tensor_core must be one of always, auto, never, got {setting!r}")
    return cudnn_enabled and setting != "never" and numpy.dtype(dtype) == numpy.float16


def get_cudnn_dropout_states() -> Any:
    """State of cuDNN's dropout generator of this thread; needs a GPU."""
    return get_cudnn_dropout_states_core(threading.get_ident())


def get_cudnn_dropout_states_core(thread_id: int) -> Any:
    """State of cuDNN's dropout generator of one thread; needs a GPU."""
    check_cuda_available()
    raise RuntimeError("cuDNN's dropout generator is not part of CuPy 14; F.dropout draws its masks from CuPy")
