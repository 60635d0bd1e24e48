"""The table of special routines: ``(kernel name, array type) -> callable``.

Every function of Chainer has a plain body written with ``xp``; it is the
definition. A plug-in that knows a faster way for one kind of array registers it
here under the kernel's name, and the function asks with :func:`find`, which
costs a dictionary look-up. A plug-in is a distribution with an entry point in
the group ``chainer.kernels``; the entry point names a module, whose import
registers the kernels, or a callable, which does so when called. The callable may
return a function that describes the plug-in to :func:`explain`, by names and
values of its choice, or, in a sentence, why it cannot serve.

The list of names is closed by design: a new kernel is a decision, not a habit.
"""

from __future__ import annotations

import importlib.metadata
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO, TypeVar

import numpy

from chainer.backends.raw import RawArray
from chainer.configuration import config

NAMES = frozenset(
    (
        *("conv_forward", "conv_backward_data", "conv_backward_weights"),
        *("pool_forward", "pool_backward"),
        *("batch_norm_forward", "batch_norm_backward", "batch_norm_inference", "batch_norm_inference_backward"),
        *("lrn_forward", "lrn_backward"),
        *("softmax", "softmax_backward", "log_softmax", "log_softmax_backward"),
        *("softmax_cross_entropy", "softmax_cross_entropy_backward"),
        *("linear", "linear_backward"),
        *("relu", "relu_backward", "eltwise", "eltwise_backward"),
        *("layer_norm", "layer_norm_backward", "group_norm", "group_norm_backward"),
        *("dropout", "concat", "sum_many"),
        *("rnn_forward", "rnn_backward", "lstm", "lstm_backward"),
        *("gru_reset", "gru_reset_backward", "gru_output", "gru_output_backward"),
        "embed_backward",
        *("roi_align", "roi_align_backward", "roi_pool", "roi_pool_backward"),
        *("ctc", "nms", "im2col", "col2im"),
        *("sgd_update", "momentum_sgd_update", "corrected_momentum_sgd_update", "nesterov_ag_update"),
        *("adam_update", "msvag_update", "ada_grad_update", "ada_delta_update"),
        *("rmsprop_update", "rmsprop_graves_update", "smorms3_update"),
    )
)

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Describe = Callable[[], Mapping[str, object]]

_table: dict[tuple[str, type], Callable[..., Any]] = {}
_origin: dict[tuple[str, type], str] = {}
_dtype_chars: dict[Callable[..., Any], str] = {}  # routines that serve these dtypes alone
_plugins: dict[str, str] = {}  # name of the plug-in -> "" if it serves, else why it does not
_descriptions: dict[str, Describe] = {}  # by the name of the plug-in
_lock = threading.RLock()
_loaded = False


def register(name: str, *array_types: type, dtypes: Iterable[Any] | None = None) -> Callable[[Kernel], Kernel]:
    """Decorator that enters a routine for a kernel and the given array types.

    Args:
        name: One of :data:`NAMES`.
        array_types: Types of the array that :func:`find` is asked with.
        dtypes: What its dtype may be; ``None`` for any. For others the plain body serves.

    Raises:
        ValueError: ``name`` is not in :data:`NAMES`.
    """
    if name not in NAMES:
        raise ValueError(f"unknown kernel {name!r}; the kernels are {', '.join(sorted(NAMES))}")

    def enter(function: Kernel) -> Kernel:
        for array_type in array_types:
            _table[name, array_type] = function
            _origin[name, array_type] = f"{function.__module__}.{function.__qualname__}"
        if dtypes is None:
            _dtype_chars.pop(function, None)
        else:
            _dtype_chars[function] = "".join([numpy.dtype(dtype).char for dtype in dtypes])
        return function

    return enter


def unregister(name: str, *array_types: type) -> None:
    """Takes a routine out of the table; the plain body serves again."""
    for array_type in array_types:
        _table.pop((name, array_type), None)
        _origin.pop((name, array_type), None)


def find(name: str, x: Any, *others: Any) -> Callable[..., Any] | None:
    """The routine for a kernel and an array, or ``None``: then the plain body is right.

    Args:
        name: Name of the kernel.
        x: The array that decides.
        others: Further arguments of the kernel. If one of them is raw, it decides: its routines take plain arrays too.
    """
    if not _table:
        return None
    if others:
        x = next((other for other in others if isinstance(other, RawArray)), x)
    if config.use_ideep == "never" and isinstance(x, numpy.ndarray):
        return None
    kernel = _table.get((name, type(x)))
    if kernel is None or x.dtype.char in _dtype_chars.get(kernel, x.dtype.char):
        return kernel
    return None


def serves_cpu() -> bool:
    """Whether any routine for NumPy arrays is registered."""
    return any(array_type is numpy.ndarray for _, array_type in _table)


def load_plugins() -> None:
    """Imports the installed plug-ins once. A broken one is a warning, not a failed import of Chainer."""
    global _loaded
    with _lock:
        if _loaded:
            return
        _loaded = True
        for entry in importlib.metadata.entry_points(group="chainer.kernels"):
            try:
                plugin = entry.load()
                answer: str | Describe | None = plugin() if callable(plugin) else None
            except Exception as error:
                _plugins[entry.name] = f"{type(error).__name__}: {error}"
                warnings.warn(
                    f"the kernel plug-in {entry.name!r} ({entry.value}) could not be loaded and plain NumPy serves "
                    f"instead: {_plugins[entry.name]}",
                    RuntimeWarning,
                    stacklevel=2,
                )
            else:
                _plugins[entry.name] = answer if isinstance(answer, str) else ""
                if callable(answer):
                    _descriptions[entry.name] = answer


def explain(file: TextIO | None = None) -> None:
    """Prints which routine serves which kernel, and why none does where none does.

    What a plug-in says of itself is of this moment: its version, its threads, how often it had to decline.

    Args:
        file: Where to print; standard output by default.
    """
    out = sys.stdout if file is None else file
    for name, problem in sorted(_plugins.items()):
        print(f"plug-in {name}: {problem or 'loaded'}", file=out)
        if name in _descriptions:
            for title, value in _descriptions[name]().items():
                print(f"  {title:<32} {value}", file=out)
    if not _plugins:
        print("no kernel plug-in is installed", file=out)
    if config.use_ideep == "never" and serves_cpu():
        print("kernels for NumPy arrays are turned off: chainer.config.use_ideep is 'never'", file=out)
    for name in sorted(NAMES):
        served = [
            f"{array_type.__module__}.{array_type.__name__} by {_origin[kernel, array_type]}{_restriction(routine)}"
            for (kernel, array_type), routine in sorted(_table.items(), key=str)
            if kernel == name and not _is_off(array_type)
        ]
        print(f"  {name:<32} {'; '.join(served) or 'plain body'}", file=out)


def _is_off(array_type: type) -> bool:
    # There are no raw arrays either where plain ones are not turned into them.
    return config.use_ideep == "never" and issubclass(array_type, (numpy.ndarray, RawArray))


def _restriction(routine: Callable[..., Any]) -> str:
    if routine not in _dtype_chars:
        return ""
    return f" ({', '.join([numpy.dtype(char).name for char in _dtype_chars[routine]])} only)"
