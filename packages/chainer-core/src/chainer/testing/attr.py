"""Marks for tests that need more than a CPU. Each also skips the test where that is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.backends import cuda, intel64

_error: ImportError | None
try:
    import pytest
except ImportError as error:
    _error = error
else:
    _error = None


def is_available() -> bool:
    """Whether pytest is installed, without which nothing can be marked."""
    return _error is None


def check_available() -> None:
    """Raises an error that tells the way out if pytest is not installed.

    Raises:
        RuntimeError: It is not.
    """
    if _error is not None:
        raise RuntimeError(f"{__name__} needs pytest: pip install pytest") from _error


def get_error() -> ImportError | None:
    """The error of importing pytest, if there was one."""
    return _error


def _mark(target: Any, *names: str, missing: bool = False, reason: str = "") -> Any:
    check_available()
    for name in names:
        target = getattr(pytest.mark, name)(target)
    return pytest.mark.skipif(missing, reason=reason)(target) if missing else target


def multi_gpu(gpu_num: int) -> Callable[[Any], Any]:
    """Decorator that marks a test that needs several GPUs as ``gpu``.

    Args:
        gpu_num: Number of GPUs that it needs.
    """

    def mark(f: Any) -> Any:
        found = _count_gpus()
        return _mark(f, "gpu", missing=found < gpu_num, reason=f"needs {gpu_num} CUDA device(s), found {found}")

    return mark


def gpu(f: Any) -> Any:
    """Marks a test that needs a GPU as ``gpu``."""
    return multi_gpu(1)(f)


def cudnn(f: Any) -> Any:
    """Marks a test that needs cuDNN as ``cudnn`` and ``gpu``."""
    return _mark(gpu(f), "cudnn", missing=not cuda.cudnn_enabled, reason="needs cuDNN kernels")


def ideep(f: Any) -> Any:
    """Marks a test that needs accelerated CPU kernels as ``ideep``."""
    return _mark(f, "ideep", missing=not intel64.is_ideep_available(), reason="needs accelerated CPU kernels")


def chainerx(f: Any) -> Any:
    """Marks a test that needs ChainerX as ``chainerx``; it is always skipped."""
    return _mark(f, "chainerx", missing=True, reason="ChainerX has been discontinued")


def slow(f: Any) -> Any:
    """Marks a test that takes long as ``slow``."""
    return _mark(f, "slow")


def _count_gpus() -> int:
    return int(cuda.cupy.cuda.runtime.getDeviceCount()) if cuda.available else 0
