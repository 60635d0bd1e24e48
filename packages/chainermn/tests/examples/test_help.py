"""Every script tells what it does, without mpiexec and without MPI."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import EXAMPLES

pytestmark = [pytest.mark.launcher, pytest.mark.example]

SCRIPTS = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.py") if path.read_text()[:2] == "#!")


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_names_the_command_and_the_options(script):
    command = [sys.executable, "-W", "error", EXAMPLES / script, "--help"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert f"mpiexec -n {4 if 'dual' in script else 8 if 'imagenet' in script else 2} python" in result.stdout
    assert "--communicator" in result.stdout


def test_there_are_scripts():
    assert len(SCRIPTS) >= 9


@pytest.mark.parametrize("script", SCRIPTS)
def test_one_rank_tells_a_wrong_option(start_example, script):
    job = start_example(2, script, "--epoch", "few")
    assert job.returncode == 2, job.stdout
    assert job.stdout.count("usage: ") == job.stdout.count("invalid int value: 'few'") == 1, job.stdout
