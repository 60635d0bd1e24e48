"""Seeds and devices of every test in the workspace."""

from __future__ import annotations

import functools
import os
import random
import zlib
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

# Scripts: their tests, in packages/*/tests/examples, run them; pytest need not import them.
collect_ignore = [str(path) for path in Path(__file__).parent.glob("packages/*/examples")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seed",
        type=int,
        default=int(os.environ.get("CHAINER_TEST_SEED", "0")),
        help="shifts the seed of every test (default: CHAINER_TEST_SEED, or 0)",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    gpu = "found" if has_gpu() else "none, tests marked gpu are deselected"
    return [f"seed: {config.getoption('--seed')}", f"gpu: {gpu}"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if has_gpu():
        return
    deselected = [item for item in items if item.get_closest_marker("gpu")]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if not item.get_closest_marker("gpu")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        shift = item.config.getoption("--seed")
        report.sections.append(("seed", f"this test drew from seed {seed_of(item)}; repeat it with --seed {shift}"))
    return report


@pytest.fixture(autouse=True)
def _global_generators(request: pytest.FixtureRequest) -> None:
    """Puts the global generators into a state of the test's own, so that tests may run in any order."""
    random.seed(seed_of(request.node))
    np.random.seed(seed_of(request.node))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator of the test's own; a failure prints its seed, and ``--seed`` shifts it."""
    return np.random.default_rng(seed_of(request.node))


def seed_of(item: pytest.Item) -> int:
    """The seed of a test: the same on every machine and in every order."""
    return (zlib.crc32(item.nodeid.encode()) + item.config.getoption("--seed")) % 2**32


@functools.cache
def has_gpu() -> bool:
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount() > 0
    except Exception:  # no cupy, no driver, a driver too old: all mean that nothing can run there
        return False
