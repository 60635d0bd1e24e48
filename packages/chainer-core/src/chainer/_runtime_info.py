"""What the package finds on this machine, for bug reports."""

from __future__ import annotations

import platform
import sys
from typing import TextIO

import numpy

from chainer._version import __version__
from chainer.backends import cuda, intel64, kernels


def print_runtime_info(out: TextIO | None = None) -> None:
    """Prints versions, devices, and what :func:`chainer.backends.kernels.explain` tells of kernels.

    Args:
        out: Where to print; standard output by default.
    """
    out = sys.stdout if out is None else out
    rows = {
        "Platform": platform.platform(),
        "Python": platform.python_version(),
        "Chainer": __version__,
        "NumPy": numpy.__version__,
        "CuPy": cuda.cupy.__version__ if cuda.available else "Not Available",
        "iDeep": "replaced by kernel plug-ins, see below" if intel64.is_ideep_available() else "Not Available",
    }
    for name, value in rows.items():
        print(f"{name}: {value}", file=out)
    kernels.explain(out)
