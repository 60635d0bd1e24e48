"""What this package offers to ``chainer.backends.kernels``, and why it sometimes has nothing to offer."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable

MODULES = (
    "activation",
    "convolution",
    "elementwise",
    "embed",
    "flow",
    "linear",
    "loss",
    "normalization",
    "pooling",
    "rnn",
    "roi",
    "update",
    "windows",
)


def register() -> str | Callable[[], dict[str, object]]:
    """Enters the kernels, and returns what describes them, or why there are none: the entry point of the plug-in."""
    if reason := why_not():
        return reason
    for name in MODULES:
        importlib.import_module(f"chainer_onednn_ext.{name}")
    from chainer.backends import raw

    from chainer_onednn_ext import _core, channels_last
    from chainer_onednn_ext._description import describe

    raw.register_entrance(channels_last.enter)  # last: from here on the kernels are relied upon

    # The threads of OpenMP do not survive a fork, and a loop that waits for them would never end.
    os.register_at_fork(after_in_child=lambda: _core.set_num_threads(1))
    return describe


def why_not() -> str:
    """Why the kernels cannot serve here; empty if they can."""
    if importlib.util.find_spec("chainer_onednn_ext._core") is None:
        return f"it was installed without kernels: {_reason_of_build()}"
    if not _has_avx2():
        return "its kernels need a processor with AVX2 and FMA (Intel since 2013, AMD since 2015)"
    return ""


def _reason_of_build() -> str:
    try:
        left_out = importlib.import_module("chainer_onednn_ext._left_out")  # written by the build
    except ImportError:
        return "its C++ module is missing; install it again"
    return str(left_out.REASON)


def _has_avx2() -> bool:
    # What NumPy found out when it was imported; it keeps it in a private module.
    has = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    return bool(has.get("AVX2") and has.get("FMA3"))
