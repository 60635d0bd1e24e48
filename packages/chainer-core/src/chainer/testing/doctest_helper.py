"""Conditions for examples in documentation, to be called in their first line."""

from __future__ import annotations

import unittest

from chainer.testing.attr import _count_gpus
from chainer.testing.helper import installed


def skipif(condition: bool) -> None:
    """Skips the rest of an example on a condition."""
    if condition:
        try:
            import pytest
        except ImportError:
            raise unittest.SkipTest("its condition does not hold") from None
        pytest.skip("its condition does not hold")


def skipif_requires_satisfied(*requirements: str) -> None:
    """Skips the rest of an example if all given distributions are installed."""
    skipif(installed(*requirements))


def skipif_not_enough_cuda_devices(device_count: int) -> None:
    """Skips the rest of an example if there are fewer GPUs."""
    skipif(_count_gpus() < device_count)
