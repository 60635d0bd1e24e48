"""How the tests of the examples run a script: as a person would, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run_example(tmp_path: Path) -> Callable[..., str]:
    """Runs a script of ``examples/`` with warnings as errors and returns what it printed."""

    def run(script: str, *args: object) -> str:
        command = [sys.executable, "-W", "error", str(EXAMPLES / script), *map(str, args)]
        result = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture
def read_log(tmp_path: Path) -> Callable[[], list[dict[str, float]]]:
    """Reads the rows that ``LogReport`` has left in ``result/``."""
    return lambda: json.loads((tmp_path / "result" / "log").read_text())
