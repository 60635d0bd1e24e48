"""Versions of everything that runs, the BLAS kernel included."""

from __future__ import annotations

import ctypes
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType


def facts(framework: ModuleType) -> dict[str, str]:
    """Return what a reader needs to judge, or to repeat, a measurement."""
    found = {
        framework.__name__: framework.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": numpy_blas(),
    }
    if framework.__name__ == "torch":
        found["blas"] = torch_blas(framework)
    else:
        # One that is installed but cannot be loaded would pass for a slow Chainer.
        found["kernels"] = "accelerated" if framework.backends.intel64.should_use_ideep(">=auto") else "plain NumPy"
    return found


def numpy_blas() -> str:
    """Name the OpenBLAS in this process, and the kernel it chose for this processor.

    Asked of the library itself, as no tool that tells it runs on all the versions of Python we compare.
    """
    np.dot(np.ones((2, 2)), np.ones((2, 2)))
    for path in loaded("openblas"):
        library = ctypes.CDLL(path)
        for prefix, suffix in (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", "")):
            try:
                corename = getattr(library, f"{prefix}openblas_get_corename{suffix}")
                config = getattr(library, f"{prefix}openblas_get_config{suffix}")
            except AttributeError:
                continue
            corename.restype = config.restype = ctypes.c_char_p
            version = re.search(r"OpenBLAS (\S+)", config().decode())
            return f"OpenBLAS {version.group(1) if version else '?'}, kernel {corename().decode()}"
    return "unknown"


def torch_blas(torch: ModuleType) -> str:
    """Name PyTorch's BLAS, and the instructions its own kernels use."""
    name = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return f"{name.group(1) if name else 'unknown'}, kernels {torch.backends.cpu.get_cpu_capability()}"


def loaded(name: str) -> list[str]:
    """Return the paths of the shared libraries in this process whose file name contains ``name``; Linux only."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return []
    paths = {line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines() if "/" in line}
    return sorted(path for path in paths if name in Path(path).name)
