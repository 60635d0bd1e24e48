"""How the tests of the examples run a script: as a person would, in an empty folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# Networks and data of some examples, and the scripts that prepare them, are those of the examples for one process.
OF_ONE_PROCESS = EXAMPLES.parents[1] / "chainer-core" / "examples"


@pytest.fixture
def start_example(mpiexec: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Callable[..., object]:
    """Runs a script of ``examples/`` on several ranks, with warnings as errors, and returns the job."""
    return lambda n, script, *args: mpiexec(n, "-W", "error", EXAMPLES / script, *map(str, args), cwd=tmp_path)


@pytest.fixture
def run_example(start_example: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., str]:
    """The same, for a job that is to succeed; returns what it printed."""

    def run(n: int, script: str, *args: object) -> str:
        job = start_example(n, script, *args)
        assert job.returncode == 0, job.stdout
        return job.stdout

    return run


@pytest.fixture
def read_log(tmp_path: Path) -> Callable[[], list[dict[str, float]]]:
    """Reads the rows that ``LogReport`` has left in ``result/``."""
    return lambda: json.loads((tmp_path / "result" / "log").read_text())
