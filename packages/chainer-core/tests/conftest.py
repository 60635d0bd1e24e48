"""Fixtures of the core package's tests; ``rng`` and the seeds come from the workspace's conftest."""

from __future__ import annotations

import importlib
from types import ModuleType

import matplotlib
import pytest
from chainer.backends import kernels

matplotlib.use("Agg")  # pictures are written, never shown


@pytest.fixture(scope="session", params=["numpy", pytest.param("cupy", marks=pytest.mark.gpu)])
def xp(request: pytest.FixtureRequest) -> ModuleType:
    """The array module to test on: NumPy, and CuPy where there is a GPU.

    It lives as long as the session, so that hypothesis lets ``@given`` tests use it.
    """
    return importlib.import_module(request.param)


@pytest.fixture
def own_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that a test enters or takes out are entered or taken out for this test alone."""
    for table in ("_table", "_origin", "_dtype_chars"):
        monkeypatch.setattr(kernels, table, dict(getattr(kernels, table)))
